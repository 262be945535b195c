// Package atrest encrypts the files of the embedded NATS server. While the server runs it encrypts what
// it writes by itself. This package does what it does not do: it converts a folder of plain text, and
// back, so that a kill at any moment loses nothing; it finds a key that does not open the folder before
// the server would begin an empty one; and it overwrites removed messages, which a server that encrypts
// leaves where they are.
package atrest
