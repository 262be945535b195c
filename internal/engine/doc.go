// Package engine assembles everything that works together: it opens what the settings name,
// fits what one adapter offers to what another part requires, and serves until it is stopped.
// Nothing that it stops at any instruction is lost or done twice.
package engine
