// Package api answers programs: one small type per resource whose methods are operations,
// and the OpenAPI document that describes them.
//
// Every error is a problem with a stable code; lists page by cursor; the answer of a command
// names the ledger position that includes it.
package api
