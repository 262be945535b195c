package eventstore

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// TestPatientCommitsWaitForEachOther, where the group before was of several; one that is not patient
// is written at once, with those that wait, and so is one that comes alone.
func TestPatientCommitsWaitForEachOther(t *testing.T) {
	const far, near = patientWait / 2, patientWait / 8
	type list []time.Duration // when they are queued
	for _, c := range []struct {
		what    string
		before  int // commits of the group before
		patient list
		hurried list
		groups  []int
		took    time.Duration // until the first group
	}{
		{"after a group of one", 1, list{0, far}, nil, []int{1, 1}, 0},
		{"after a group of several", 3, list{0, far}, nil, []int{2}, patientWait},
		{"one that comes too late", 3, list{0, 2 * patientWait}, nil, []int{1, 1}, patientWait},
		{"one that is hurried comes", 3, list{0}, list{far}, []int{2}, far},
		{"hurried ones", 3, nil, list{0, far}, []int{1, 1}, groupWait},
		{"a group that is full", 3, list{0, near, near, far}, nil, []int{3, 1}, near},
	} {
		t.Run(c.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var groups []int
				var first time.Duration
				began := time.Now()
				a := startAppender(3, nil, func(group []*pending) {
					if groups = append(groups, len(group)); len(groups) == 2 {
						first = time.Since(began)
					}
					time.Sleep(time.Nanosecond) // the others queue meanwhile
					for _, p := range group {
						p.settle(Head{}, nil)
					}
				})
				defer a.close()
				done := make(chan error, 9)
				write := func(ctx context.Context, after time.Duration) {
					time.Sleep(after)
					_, err := a.append(ctx, Commit{Stream: domain.MatterStream("f_1", domain.MatterID(fmt.Sprint("m_", after.Nanoseconds()))), At: began,
						Events: []domain.Event{domain.SyncReleased{Sync: "s_1"}}})
					done <- err
				}
				all := func(n int) {
					for range n {
						if err := <-done; err != nil {
							t.Error(err)
						}
					}
				}
				startOf(a, c.before, write)
				all(c.before)
				groups, began = []int{0}, time.Now()
				for _, after := range c.patient {
					go write(Patient(t.Context()), after)
				}
				for _, after := range c.hurried {
					go write(t.Context(), after)
				}
				all(len(c.patient) + len(c.hurried))
				if !slices.Equal(groups[1:], c.groups) || first != c.took {
					t.Errorf("groups of %v, the first after %s; want %v after %s", groups[1:], first, c.groups, c.took)
				}
			})
		})
	}
}

// startOf writes one group of n commits.
func startOf(a *appender, n int, write func(context.Context, time.Duration)) {
	between := make(chan struct{})
	a.tasks <- func() { <-between } // they gather
	for range n {
		go write(context.Background(), 0)
	}
	synctest.Wait()
	close(between)
}
