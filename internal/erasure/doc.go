// Package erasure destroys what the engine has of a matter's or a client's persons: the data keys of
// what the ledger says of them, the rows, the messages of the bus and the documents. The facts stay,
// with ids, versions, times and outcomes. What Smokeball and CaseHug have is not touched.
//
// An erasure is a stream of its own: who asked, whose data, and which steps are done. A runner repeats
// each step until it is done, also after the engine was killed.
package erasure
