package syncing_test

import (
	"testing"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/syncing"
)

func heardOf(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func TestWakes(t *testing.T) {
	var w syncing.Notifier
	mine, shared := domain.MatterStream(oak, "m_1"), domain.ContactStream(oak, "k_1")
	w.Notify(mine) // nobody attends it
	first, endFirst := w.Attend(mine, shared)
	other, endOther := w.Attend(domain.MatterStream(oak, "m_2"), shared)
	if heardOf(first) {
		t.Error("a wake from before is heard")
	}
	w.Notify(mine)
	w.Notify(mine)
	if !heardOf(first) || heardOf(first) || heardOf(other) {
		t.Error("two wakes of one stream are not heard as one, by the one who attends it")
	}
	if w.Notify(shared); !heardOf(first) || !heardOf(other) {
		t.Error("a wake of a shared stream is not heard by both")
	}
	if w.Notify(domain.MatterStream("f_elm", "m_1")); heardOf(first) {
		t.Error("another firm's wake is heard")
	}
	endFirst()
	if w.Notify(mine); heardOf(first) {
		t.Error("a wake is heard after the end")
	}
	if w.Notify(shared); !heardOf(other) {
		t.Error("the end of one is the end of another")
	}
	if endOther(); w.Attended() != 0 {
		t.Errorf("%d streams are attended by nobody", w.Attended())
	}
}
