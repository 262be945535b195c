// Package inbound is the one way in: CaseHug's events, from the bus or posted over HTTP, and
// Smokeball's webhooks. What comes by HTTP is checked, put on the bus and answered; what comes
// from the bus is recorded, or kept among the dead letters.
//
// It decides what can never be taken in, how often a message is delivered before that is
// certain, and how much of it a dead letter keeps. Everything may arrive twice, at any time
// and on any engine: it is taken in once.
package inbound
