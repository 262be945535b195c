// Package readback knows what Smokeball has, because it reads it.
//
// A webhook is a hint: its body is not signed. It makes its matter or contact unread, until a
// read that began after it has shown what is there. Reader makes those reads, on the engine
// that holds the lease of the allowance: hints about one resource within a short window cost
// one read, contacts are read in batches, and what fails is read again later. Sights records
// what a read showed where that was new, and what of it people changed. Everything that is to
// be read stands in the ledger, so an engine that is killed at any instruction reads it after
// the next start, and tells nothing twice.
package readback
