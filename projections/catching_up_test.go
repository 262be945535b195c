package projections_test

import (
	"path/filepath"
	"strconv"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

// TestCatchingUpFoldsThePartsOfABatch: more events than one part has give the rows that they give in one
// part, and the last ones are written though no event comes after them.
func TestCatchingUpFoldsThePartsOfABatch(t *testing.T) {
	l := newLedger()
	for i := range 6_000 {
		matter := domain.MatterID(strconv.Itoa(i % 50))
		l.tell(t, domain.MatterStream(oak, matter), anEvent(i, matter))
	}
	once := open(t, filepath.Join(t.TempDir(), "views.db"))
	once.Careless()
	if err := once.Take(l.events); err != nil {
		t.Fatal(err)
	}
	same(t, "in parts", rows(t, folded(t, l)), rows(t, once))
}

// anEvent is the i-th event of a long story of many matters.
func anEvent(i int, matter domain.MatterID) domain.Event {
	switch id := domain.SyncID("s_" + string(matter) + "_" + strconv.Itoa(i/200)); i / 50 % 4 {
	case 0:
		return domain.DocumentApproved{Origin: ref(strconv.Itoa(i)), Document: domain.DocumentData{ID: domain.DocumentID(strconv.Itoa(i)), Matter: matter}}
	case 1:
		return requested(id, domain.TriggerDocumentApproved)
	case 2:
		return begun(id, 1)
	default:
		return domain.SyncSucceeded{Sync: id}
	}
}
