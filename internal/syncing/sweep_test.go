package syncing_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/readback"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
	"github.com/casehug/smokeball-sync/projections"
)

// swept is how an office looks for what no webhook told of.
type swept struct {
	share readback.SweepShare
	lists func(readback.Lists) readback.Lists // nil: Smokeball's own
	alive time.Time                           // when an engine last showed that it was there
}

func (s *swept) Seen(context.Context) (time.Time, error) { return s.alive, nil }

func (s *swept) Show(_ context.Context, at time.Time) error { s.alive = at; return nil }

// sweptRows are the office's views as the sweeper knows them.
type sweptRows struct {
	*projections.Progress
	projections.ResourceRows
	connections projections.ConnectionRows
	every       time.Duration
}

func (r sweptRows) FollowSwept() (changed func(fn func(readback.SweptFirm)) error, stop func()) {
	rows, stop := r.connections.Follow()
	return func(fn func(readback.SweptFirm)) error {
		return rows(func(row projections.ConnectionRow) { fn(r.swept(row)) })
	}, stop
}

func (r sweptRows) SweptFirm(f domain.FirmID) (readback.SweptFirm, error) {
	row, err := r.connections.Connection(f)
	return r.swept(row), err
}

func (r sweptRows) swept(row projections.ConnectionRow) readback.SweptFirm {
	return readback.SweptFirm{SweepNeeds: row.SweepNeeds(r.every, time.Now()), Sweeps: row.Sweeps}
}

func inBetween(ctx context.Context, f domain.FirmID) context.Context {
	return smokeball.WithPriority(ctx, f, smokeball.Background)
}

func (o *office) sweeper(s readback.Sights) *readback.Sweeper {
	var lists readback.Lists = o.client
	if o.swept.lists != nil {
		lists = o.swept.lists(lists)
	}
	v := storedIn(o.rows)
	return &readback.Sweeper{Sights: s, Lists: lists, Views: sweptRows{v.Progress, v.Resources, v.Connections, o.swept.share.Every(1)},
		Pace: o.swept.share.Pace(o.now), Attempt: inBetween, Log: quiet}
}

func (o *office) gaps() readback.Gaps {
	firms := func(context.Context) ([]domain.FirmID, error) { return []domain.FirmID{oak}, nil }
	return readback.Gaps{Ledger: o.ledger, Presence: o.swept, Firms: firms, Now: o.now, Log: quiet}
}

// sweepingStory tells a story in an office that reads what changes in Smokeball and sweeps.
func sweepingStory(t *testing.T, tell func(*office)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, smokeballsim.Config{Seed: max(*oneSeed, 1)})
		o.reads, o.swept = true, &swept{share: readback.SweepShare{PerSecond: 5, Least: 10 * time.Minute}}
		o.start()
		o.connect()
		tell(o)
	})
}

// firmRow is the firm as the views have it.
func (o *office) firmRow() projections.ConnectionRow {
	o.Helper()
	r, err := storedIn(o.rows).Connections.Connection(oak)
	o.must(err)
	return r
}

// isSwept waits until nothing is left to sweep.
func (o *office) isSwept() {
	o.Helper()
	o.until("everything is swept", func() bool {
		r := o.firmRow()
		_, due := r.Sweeps.Begin(r.SweepNeeds(time.Hour, time.Now()), time.Now())
		return !due
	})
}

func (o *office) wantsMissed(want int) {
	o.Helper()
	time.Sleep(2 * time.Minute) // a webhook might still come
	if got := o.firmRow().Missed.Count(time.Now()); got != want {
		o.Errorf("%d changes were missed by webhooks, want %d", got, want)
	}
}

// lose has Smokeball lose every webhook.
func (o *office) lose() {
	o.Helper()
	o.fault(smokeballsim.Fault{Kind: smokeballsim.Drop, Probability: 1})
}

func TestASweepFindsWhatNoWebhookTold(t *testing.T) {
	t.Parallel()
	sweepingStory(t, func(o *office) {
		o.hooks()
		o.sends(accident())
		o.readAll()
		o.isSwept()
		o.lose()
		o.edit(`{"status":"Closed"}`)
		contact := string(o.one().ClientIDs[0])
		o.must(o.sim.EditContact(contact, []byte(`{"person":{"lastName":"Rivera-Ortiz"}}`)))
		time.Sleep(5 * time.Second)
		o.wantsChanges()
		o.sim.ClearFaults()
		o.away(20 * time.Second) // too short to have missed anything
		time.Sleep(time.Minute)
		o.wantsChanges()
		o.away(3 * time.Minute)
		settle()
		o.isSwept()
		want := []string{string(accident().Client.ID) + " last_name=Rivera-Ortiz", "status=Closed"}
		o.readAll()
		o.awaitsChanges(2)
		if got := slices.Sorted(slices.Values(o.changesTold())); !slices.Equal(got, want) {
			o.Errorf("CaseHug was told %q, want %q", got, want)
		}
		if by := o.row().Matter.Smokeball.There.By; by != domain.BySweep {
			o.Errorf("the matter is known by %s", by)
		}
		o.wantsMissed(2)
		o.away(3 * time.Minute) // nothing was changed since
		settle()
		o.isSwept()
		o.readAll()
		o.wantsMissed(2)
		if n := len(o.changesTold()); n != 2 {
			o.Errorf("CaseHug was told of %d changes, want 2", n)
		}
	})
}

// TestALateWebhookWasNotMissed delivers the webhook of a change after a sweep has found it.
func TestALateWebhookWasNotMissed(t *testing.T) {
	t.Parallel()
	sweepingStory(t, func(o *office) {
		o.hooks()
		o.sends(accident())
		o.readAll()
		o.isSwept()
		o.fault(smokeballsim.Fault{Kind: smokeballsim.Reorder, Probability: 1, Delay: smokeballsim.Duration(20 * time.Second)})
		o.edit(`{"status":"Closed"}`)
		o.request(domain.SweepRestart)
		settle()
		o.isSwept()
		o.wantsChanges("status=Closed")
		if n := o.firmRow().Missed.Count(time.Now()); n != 0 || len(o.firmRow().Missed.Found) != 1 {
			o.Errorf("%d changes are missed before the webhook could come: %+v", n, o.firmRow().Missed)
		}
		o.wantsMissed(0)
		o.wantsChanges("status=Closed")
	})
}

// request requests a sweep.
func (o *office) request(r domain.SweepReason) {
	o.Helper()
	_, _, err := eventstore.Execute(o.Context(), o.ledger, time.Now, domain.SweepStream(oak),
		func(s domain.Sweeps) ([]domain.Event, error) {
			return s.Request(domain.SweepRequested{Reason: r, Since: time.Now()}), nil
		})
	o.must(err)
}

// TestAFirmWithoutWebhooksIsSwept tells of a change within the interval, and says how old what
// is known can be until then.
func TestAFirmWithoutWebhooksIsSwept(t *testing.T) {
	t.Parallel()
	sweepingStory(t, func(o *office) {
		o.sends(accident())
		o.readAll()
		o.isSwept()
		for i, status := range []string{"Closed", "Pending"} {
			began := time.Now()
			o.edit(`{"status":"` + status + `"}`)
			o.awaits(11*time.Minute, func() bool { return len(o.changesTold()) > i })
			time.Sleep(5 * time.Second) // the contacts are looked at after the matters
			r := o.firmRow()
			if asOf := r.Sweeps.AsOf(r.SweepNeeds(10*time.Minute, time.Now()), time.Now()); asOf.Before(began) || time.Since(asOf) > 11*time.Minute {
				o.Errorf("what is known is complete up to %v, the change was made at %v, now it is %v", asOf, began, time.Now())
			}
		}
		o.wantsChanges("status=Closed", "status=Pending")
		o.wantsMissed(0)
		if n := o.sweepFacts(); n > 6 {
			o.Errorf("the sweeps of half an hour left %d facts", n)
		}
	})
}

// awaits waits for a condition while nothing is recorded.
func (o *office) awaits(within time.Duration, shown func() bool) {
	o.Helper()
	for end := time.Now().Add(within); !shown(); time.Sleep(time.Second) {
		if time.Now().After(end) {
			o.Errorf("it is not so after %v\n%s", within, o.dump())
			return
		}
	}
}

// sweepFacts counts the facts of the firm's sweeps.
func (o *office) sweepFacts() (n int) {
	o.Helper()
	for _, err := range o.ledger.Read(o.Context(), domain.SweepStream(oak)) {
		o.must(err)
		n++
	}
	return n
}

func TestAnOutageEndsWithASweep(t *testing.T) {
	t.Parallel()
	sweepingStory(t, func(o *office) {
		o.hooks()
		o.sends(accident())
		o.readAll()
		o.isSwept()
		o.lose()
		o.fact(domain.ConnectionTroubled{Failure: domain.Failure{Code: domain.CodeSmokeballUnavailable}, Since: time.Now()})
		began := time.Now()
		o.edit(`{"status":"Closed"}`)
		time.Sleep(time.Hour)
		o.wantsChanges()
		r := o.firmRow()
		if asOf := r.Sweeps.AsOf(r.SweepNeeds(0, time.Now()), time.Now()); asOf.After(began) {
			o.Errorf("in an outage since %v what is known counts as complete up to %v", began, asOf)
		}
		o.fact(domain.ConnectionRecovered{})
		settle()
		o.isSwept()
		o.wantsChanges("status=Closed")
		o.wantsMissed(1)
	})
}

// hidesDeleted are lists that do not show deleted matters.
type hidesDeleted struct{ readback.Lists }

func (h hidesDeleted) ChangedMatters(ctx context.Context, f domain.FirmID, since time.Time, offset int) (domain.MatterPage, error) {
	p, err := h.Lists.ChangedMatters(ctx, f, since, offset)
	p.Matters = slices.DeleteFunc(p.Matters, domain.SmokeballMatter.Gone)
	return p, err
}

// TestWhatListsDoNotShowIsFoundAtNight deletes a matter and a contact, which webhooks do not
// tell of and lists of what changed do not show.
func TestWhatListsDoNotShowIsFoundAtNight(t *testing.T) {
	t.Parallel()
	sweepingStory(t, func(o *office) {
		o.swept.lists = func(l readback.Lists) readback.Lists { return hidesDeleted{l} }
		o.restart()
		o.hooks()
		o.sends(accident())
		o.readAll()
		o.isSwept()
		o.lose()
		contact := string(o.one().ClientIDs[0])
		o.edit(`{"status":"Deleted"}`)
		o.must(o.sim.EditContact(contact, []byte(`{"isDeleted":true}`)))
		time.Sleep(25 * time.Hour)
		o.readAll()
		o.awaitsChanges(2)
		want := []string{string(accident().Client.ID) + " deleted=", "deleted="}
		if got := slices.Sorted(slices.Values(o.changesTold())); !slices.Equal(got, want) {
			o.Errorf("CaseHug was told %q, want %q", got, want)
		}
		reads := o.calls("GET /matters/{id}")
		time.Sleep(48 * time.Hour)
		o.readAll()
		if n := o.calls("GET /matters/{id}") - reads; n > 0 {
			o.Errorf("the deleted matter was read %d times more", n)
		}
		o.wantsMissed(2)
	})
}
