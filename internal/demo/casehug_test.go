package demo

import (
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/casehug/smokeball-sync/internal/rig/practice"
)

// TestADocumentIsApprovedOnce: the story publishes each approval twice, and a demo that continues
// does so again. The event has the same id each time, so it has to say the same each time.
func TestADocumentIsApprovedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &services{approvedAt: time.Now()}
		p := practice.DocumentsOf()[0]
		first := s.approval(p, p.Bytes())
		time.Sleep(2 * time.Second)
		if second := s.approval(p, p.Bytes()); !reflect.DeepEqual(first, second) || first.ApprovedAt == nil {
			t.Errorf("first %+v, then %+v", first, second)
		}
	})
}
