//go:build !crashpoints

package projections

// midway does nothing here. The build with the tag crashpoints lets a crash test end
// the process in the middle of a transaction.
type midway struct{}

func (midway) passed() {}
