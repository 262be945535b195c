// Package bulk syncs many matters because a person asked for it at once.
//
// A bulk sync is a stream of facts: who asked for what, which matters that are, what they will
// take, and what came of each. It asks for the sync of one matter after the other, a window
// of them at a time, and each under an id that follows from the bulk sync and the matter, so
// that an engine which is killed at any instruction asks for none of them twice. The account
// is read once as a whole; what a sync would look for in Smokeball is answered from that.
package bulk
