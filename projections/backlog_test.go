package projections_test

import (
	"fmt"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/projections"
)

// TestTheBacklogIsWhatTheRowsSay: the unfinished syncs in memory are those of the
// rows, and what a follower heard of them too, whatever happened in whatever batches.
func TestTheBacklogIsWhatTheRowsSay(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		v := fresh(t, dir, "backlog")
		next, stop := v.Work.FollowDue()
		defer stop()
		heard := map[string]domain.Due{}
		for rest := anyLedger(rt); len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(rt, "batch")
			take(rt, v, rest[:n])
			rest = rest[n:]
			if rapid.Bool().Draw(rt, "asks") {
				hear(heard, all(next))
			}
		}
		hear(heard, all(next))
		due, queues := v.Work.Due(), [2]projections.Queue{v.Work.Queue(oak), v.Work.Queue(elm)}
		discard(t, v)
		again, err := projections.Open(filepath.Join(dir, "backlog.db"), keysOf(filepath.Join(dir, "backlog.db")))
		if err != nil {
			t.Fatal(err)
		}
		defer discard(t, again)
		if list := again.Work.Due(); !reflect.DeepEqual(due, list) {
			rt.Errorf("due are\n%+v, the rows say\n%+v", due, list)
		}
		if q := [2]projections.Queue{again.Work.Queue(oak), again.Work.Queue(elm)}; q != queues {
			rt.Errorf("the queues are %+v, the rows say %+v", queues, q)
		}
		for _, d := range due {
			if key := string(d.Firm) + "/" + string(d.Matter); heard[key] != d {
				rt.Errorf("of %s was heard %+v, it is %+v", key, heard[key], d)
			}
		}
		if len(heard) != len(due) {
			rt.Errorf("%d were heard of, %d are due", len(heard), len(due))
		}
	})
}

func hear(heard map[string]domain.Due, changed []*domain.Due) {
	for _, d := range changed {
		key := string(d.Firm) + "/" + string(d.Matter)
		if heard[key] = *d; d.Status == "" {
			delete(heard, key)
		}
	}
}

// all is all that next yields now.
func all(next func() ([]*domain.Due, bool)) (list []*domain.Due) {
	for more := true; more; {
		var part []*domain.Due
		part, more = next()
		list = append(list, part...)
	}
	return list
}

// crowded are views in which so many syncs of twenty other firms wait for a connection.
func crowded(t testing.TB, waiting int) *projections.Views {
	t.Helper()
	v, err := projections.Open(filepath.Join(t.TempDir(), "views.db"), &projections.MemoryKeys{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	})
	v.Careless()
	var list []eventstore.Envelope
	position := eventstore.Seq(0)
	add := func(f domain.FirmID, m domain.MatterID, e domain.Event) {
		position++
		list = append(list, eventstore.Envelope{Seq: position, Stream: domain.MatterStream(f, m), At: start.Add(time.Duration(position) * time.Second), Event: e})
	}
	add(oak, "m_1", requested("s_1", domain.TriggerManual))
	for i := range waiting {
		f, m := domain.FirmID(fmt.Sprint("f_other_", i%20)), domain.MatterID(fmt.Sprint("m_", i))
		add(f, m, requested("s_1", domain.TriggerMatterCreated))
		add(f, m, begun("s_1", 1))
		add(f, m, domain.SyncDeferred{Sync: "s_1", Failure: notConnected})
	}
	for rest := list; len(rest) > 0; {
		n := min(1000, len(rest))
		if err := v.Take(rest[:n]); err != nil {
			t.Fatal(err)
		}
		rest = rest[n:]
	}
	return v
}

// TestWhatAFirmAsksCostsNothingOfTheOthers: a firm's connection and queue, and the
// next look at what is due, cost the same whether others' syncs wait or not.
func TestWhatAFirmAsksCostsNothingOfTheOthers(t *testing.T) {
	alone, among := crowded(t, 0), crowded(t, 500)
	ask := func(v *projections.Views) float64 {
		return testing.AllocsPerRun(20, func() {
			if q := v.Work.Queue(oak); q.Waiting != 1 {
				t.Errorf("the queue is %+v", q)
			}
			if _, err := v.Connections.Connection(oak); err != nil {
				t.Error(err)
			}
		})
	}
	if a, b := ask(alone), ask(among); b > a+10 {
		t.Errorf("alone a firm's questions take %v allocations, among others %v", a, b)
	}
	next, stop := among.Work.FollowDue()
	defer stop()
	if n := len(all(next)); n != 501 {
		t.Errorf("a follower heard of %d syncs at first", n)
	}
	at := eventstore.Seq(among.Position() + 1)
	if err := among.Take([]eventstore.Envelope{{Seq: at, Stream: domain.MatterStream(oak, "m_1"), At: start, Event: begun("s_1", 1)}}); err != nil {
		t.Fatal(err)
	}
	if list := all(next); len(list) != 1 || list[0].Status != domain.Running {
		t.Errorf("after one sync moved, a follower heard of %d", len(list))
	}
}

// BenchmarkWaitingOfOthers is what a firm's questions and a move of its syncs cost while
// syncs of others wait.
func BenchmarkWaitingOfOthers(b *testing.B) {
	for _, n := range []int{0, 2000, 40000} {
		v := crowded(b, n)
		b.Run(fmt.Sprintf("connection/%d", n), func(b *testing.B) {
			for b.Loop() {
				v.Work.Queue(oak)
				if _, err := v.Connections.Connection(oak); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("move/%d", n), func(b *testing.B) {
			next, stop := v.Work.FollowDue()
			defer stop()
			all(next)
			for b.Loop() {
				at := eventstore.Seq(v.Position() + 1)
				if err := v.Take([]eventstore.Envelope{{Seq: at, Stream: domain.MatterStream(oak, "m_1"), At: start, Event: begun("s_1", int(at))}}); err != nil {
					b.Fatal(err)
				}
				if list := all(next); len(list) > 1 {
					b.Fatalf("%d syncs moved", len(list))
				}
			}
		})
	}
}
