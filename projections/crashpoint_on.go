//go:build crashpoints

package projections

// crashPoint is what a crash test requires done in the middle of a transaction.
type crashPoint struct{ do func() }

func (m crashPoint) passed() {
	if m.do != nil {
		m.do()
	}
}

// CrashInFold has do called in each transaction of Run, when the first view's rows are
// folded and those of the others and the checkpoints are not. Call it before Run.
func (v *Views) CrashInFold(do func()) { v.midway.do = do }
