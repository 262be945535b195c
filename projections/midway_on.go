//go:build crashpoints

package projections

// midway is what a crash test wants done in the middle of a transaction.
type midway struct{ do func() }

func (m midway) passed() {
	if m.do != nil {
		m.do()
	}
}

// Midway has do called in each transaction of Run, when the first view's rows are
// folded and those of the others and the checkpoints are not. Call it before Run.
func (v *Views) Midway(do func()) { v.midway.do = do }
