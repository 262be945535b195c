// Package auth authenticates and authorizes: it identifies callers by token, session or
// operator token, enforces their firm, role and budget, and records refusals.
//
// It promises:
//   - A caller reaches the resources of their own firm only: another firm's do not exist for
//     them (404). What a role may not do is forbidden (403), and the answer says who may.
//   - Only pages of CaseHug's sites and of the engine sign people in, and a signed-in person
//     is asked before another one replaces them.
//   - The number of bodies of unknown callers that are read at once is limited.
package auth
