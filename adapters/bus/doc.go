// Package bus carries the engine's messages over NATS JetStream, embedded or on a
// cluster. It promises:
//
//   - Every stream, bucket and durable consumer is listed in one table (streams.go) and exists
//     once [Open] has returned.
//   - A publish that returned nil is stored; embedded, it is on disk.
//   - Each incoming message is delivered until it is acknowledged: one at a time per key, many
//     keys at once. A slow handler does not cause a redelivery ([Subscriber]).
//   - Whoever connects to the embedded server over the network can publish CaseHug's
//     events, put documents and read the engine's events, and can reach nothing else. Tenants
//     have NATS accounts of their own; their JetStream requests pass the gate (gate.go), which
//     forwards only requests that it knows to be harmless. On a cluster the cluster's own
//     accounts decide that.
//
// Topics: a [Publisher]'s topic is the NATS subject itself. A [Subscriber]'s topic is the
// name of a durable consumer, which its [Bind] looks up; the engine's are [Intake] and
// [Webhooks].
package bus
