// Package problem turns errors into what callers are told: documents of RFC 9457 with a
// stable code, the reason and a remedy.
//
// What the caller cannot correct is logged once, under the reference that the caller gets.
// A problem never repeats the cause of such an error, which may be personal.
package problem
