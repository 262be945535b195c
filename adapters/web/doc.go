// Package web is the engine's HTTP side: it mounts the API, the console and sign-in, and
// serves health, metrics and the OpenAPI document.
//
// It promises:
//   - Every route is one row of the table in routes.go: method and path, who may use it, its
//     audit action and its handler. A route that is not there is answered 404.
//   - Every answer carries headers that keep browsers safe, and a panic is answered.
//   - The access log names the route's pattern, never its query, a secret or a person.
//
// Its rooms are api, console, auth and what they stand on: reading, ports, problem, words.
package web
