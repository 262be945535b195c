// Package ports is what the HTTP side requires of the engine: rows to show and commands to
// hand on, one small interface per resource, and the values that cross them.
//
// It holds the ports that several rooms of adapters/web use. A port that one room uses is
// declared there.
package ports
