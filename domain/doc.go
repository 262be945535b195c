// Package domain holds the facts and the decisions of the integration: what
// CaseHug said, what a firm chose, what Smokeball answered, and what follows.
//
// It is pure: no clock, no network, no goroutine. Times and ids come in as
// arguments. Facts are events; an aggregate (Matter, Contact, Client, Connection,
// Preferences) is folded from its events by Apply, and its other methods decide
// which new facts a command yields. A repeated input decides to nothing.
package domain
