// Package sealing encrypts what the ledger says of persons. Each matter, client and dead letter has
// a data key of its own, wrapped by the master keyset; what an event says of it is sealed with that
// key, field by field. Destroying the key erases all of it, wherever copies of the ledger are: the
// events stay, with their ids, times and outcomes.
package sealing
