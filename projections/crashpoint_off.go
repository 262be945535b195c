//go:build !crashpoints

package projections

// crashPoint does nothing here. The build with the tag crashpoints lets a crash test end
// the process in the middle of a transaction.
type crashPoint struct{}

func (crashPoint) passed() {}
