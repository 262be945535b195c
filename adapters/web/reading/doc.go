// Package reading reads what API and console both show of a firm: connection, matters,
// syncs, case types and audit trail, now or at a past moment, in the shape that both use.
//
// It waits for ledger positions, and a thing that the firm does not have is a Rejection
// (Unknown). It changes nothing.
package reading
