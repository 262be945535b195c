// Package casehug speaks with CaseHug: it takes CaseHug's events in, says the
// engine's own, opens approved documents and recognises signed-in users.
//
// It promises:
//   - An event that Decode returns is whole and valid: the JSON Schemas under schemas
//     are the one source of what valid means, and the same schemas are published.
//   - An event that Decode refuses comes back as *InvalidEvent, which names every
//     field that is wrong and why, and repeats no value of the event's data.
//   - Encode writes the same bytes for the same input, so an event said again is
//     recognised as said before.
//   - Documents reads from CaseHug's bucket and from public https hosts only; what
//     Checked passes on to its end has the size and the digest that CaseHug named.
//   - Users trusts a token only if a key of CaseHug signed it for this engine.
//
// All of it is safe for use by many goroutines at once.
package casehug
