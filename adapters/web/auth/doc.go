// Package auth decides who comes in: it identifies callers by token, session or operator
// token, holds them to their firm, role and budget, and records whom it refuses.
//
// It promises:
//   - A caller meets the things of their own firm only: another firm's do not exist for them
//     (404). What a role may not do is forbidden (403), and the answer says who may.
//   - Only pages of CaseHug's sites and of the engine sign people in, and nobody is replaced
//     by another person without being asked.
//   - The body of a caller who is not known takes one of a limited number of places.
package auth
