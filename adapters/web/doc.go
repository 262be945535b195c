// Package web is the engine's HTTP side: the API that CaseHug's services and other
// programs call, the console that a firm's people look at, the address that Smokeball
// notifies, and health and metrics for operators.
//
// It promises:
//   - Every route stands in routes.go; a route that is not there answers 404.
//   - A signed-in person meets the things of their own firm only: another firm's answer
//     404, as if they did not exist. What a role may not do answers 403 and says who may.
//   - Every error of the API is an RFC 9457 problem with a stable code and a remedy;
//     every error of the console is a page with the way on.
//   - Every page works without script and without anything from elsewhere.
//   - Logs name the route's pattern, never its query, a secret or a person.
//
// It decides nothing: it asks the ports of ports.go and shows the rows of Views.
package web
