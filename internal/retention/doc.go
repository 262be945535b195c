// Package retention removes what a firm no longer keeps: old entries of its sync history and of its audit
// trail, and dead letters that were decided long ago. It appends that they have expired, and the views
// fold their rows away; the facts stay in the ledger. It repeats what is not done yet, also after the
// engine was killed, because what is due follows from the rows alone.
package retention
