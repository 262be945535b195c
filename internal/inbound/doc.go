// Package inbound receives every message: CaseHug's events, from the bus or posted over HTTP,
// and Smokeball's webhooks. A message that arrives over HTTP is checked, published on the bus
// and answered; a message from the bus is recorded, or kept as a dead letter.
//
// It decides which messages can never be processed, how often a message is delivered before
// that is certain, and how much of it a dead letter keeps. A message may arrive several times,
// at any time and on any engine: it is recorded once.
package inbound
