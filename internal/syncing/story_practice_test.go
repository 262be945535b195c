package syncing_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/rig/practice"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
	"github.com/casehug/smokeball-sync/internal/syncing"
)

// fifth lets a fifth of all calls fail, in every way, and loses, doubles and holds back
// webhooks.
var fifth = []smokeballsim.Fault{
	{Kind: smokeballsim.Status, Status: 503, Probability: 0.045},
	{Kind: smokeballsim.Status, Status: 500, Probability: 0.035},
	{Kind: smokeballsim.Status, Status: 429, Probability: 0.035},
	{Kind: smokeballsim.Reset, Probability: 0.035},
	{Kind: smokeballsim.LoseReply, Probability: 0.035},
	{Kind: smokeballsim.Cut, Probability: 0.035},
	{Kind: smokeballsim.Drop, Probability: 0.2},
	{Kind: smokeballsim.Duplicate, Probability: 0.2},
	{Kind: smokeballsim.Reorder, Delay: smokeballsim.Duration(20 * time.Second), Probability: 0.2},
}

// figures are what all stories together came to.
type figures struct{ seeds, calls, failed, matters, contacts, files atomic.Int64 }

// TestThePracticeInBadWeather plays the demo's whole story while a fifth of all calls fails:
// each time every matter, contact and file is there once, and was seen.
func TestThePracticeInBadWeather(t *testing.T) {
	seeds := outsideCI(50)
	if testing.Short() {
		seeds = 5
	}
	f := &figures{}
	t.Cleanup(func() {
		t.Logf("%d seeds, %d calls, %d of them failed (%.1f %%): %d matters, %d contacts and %d files, each once and confirmed", f.seeds.Load(), f.calls.Load(),
			f.failed.Load(), 100*float64(f.failed.Load())/float64(max(1, f.calls.Load())), f.matters.Load(), f.contacts.Load(), f.files.Load())
	})
	for seed := uint64(1); seed <= seeds; seed++ {
		if *oneSeed != 0 && seed != *oneSeed {
			continue
		}
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { t.Parallel(); practiceInWeather(t, seed, f) })
	}
}

func practiceInWeather(t *testing.T, seed uint64, f *figures) {
	quickly(t, seed, func(o *office) {
		o.hooks()
		o.stop()
		o.engine = &engine{wakes: &syncing.Notifier{}}
		o.wire(o.ledger, counted{o.sim.Transport(), f})
		for _, fault := range fifth {
			o.fault(fault)
		}
		o.must(o.stage().Play())
		o.wantsPractice(f)
		if o.Failed() {
			o.Logf("replay it with: go test -run TestThePracticeInBadWeather ./internal/syncing -seed %d\n%s", seed, o.dump())
		}
	})
}

// stage lets the practice's story be played in the office.
func (o *office) stage() practice.Stage {
	return practice.Stage{
		Created: func(m domain.MatterData) error { return o.intake.TakeIn(o.Context(), created(m)) },
		Updated: func(m domain.MatterData) error { return o.intake.TakeIn(o.Context(), updated(m)) },
		Approved: func(p practice.Paper) error {
			d := o.papers.write(p.Matter, p.ID, string(p.Bytes()))
			d.FileName, d.Folder = p.Name, "Intake"
			return o.intake.TakeIn(o.Context(), approved(d))
		},
		Click: func(m domain.MatterID) error { o.click(m); return nil },
		Until: func(what string, wanted func(practice.Standings) bool) error {
			o.until(what, func() bool { return wanted(o.standings()) })
			return nil
		},
		Say: func(string, ...any) {},
	}
}

func (o *office) standings() practice.Standings {
	o.Helper()
	all := practice.Standings{}
	for _, m := range practice.Matters() {
		now, _, err := eventstore.Load[domain.Matter](o.Context(), o.ledger, domain.MatterStream(oak, m.ID))
		o.must(err)
		s := practice.Standing{Matter: now}
		if list := o.entries(m.ID); len(list) > 0 {
			s.Status = list[len(list)-1].Status
		}
		if now.Known {
			all[m.ID] = s
		}
	}
	return all
}

// wantsPractice requires each thing of the practice in Smokeball, once and seen, and counts it.
func (o *office) wantsPractice(f *figures) {
	o.Helper()
	o.rest()
	settle()
	s := o.kept()
	if got := (practice.Tally{Matters: len(s.Matters), Contacts: len(s.Contacts), Files: len(s.Files)}); got != practice.Wanted() {
		o.Errorf("Smokeball has %+v, want %+v", got, practice.Wanted())
	}
	seen := map[string]bool{}
	for _, m := range s.Matters {
		if want := "Open"; seen[m.ExternalSystemID] || (m.Status != want) != (m.ExternalSystemID == string(practice.Closing)) {
			o.Errorf("Smokeball has %+v", m)
		}
		seen[m.ExternalSystemID] = true
	}
	all := o.standings()
	if !all.Over() {
		o.Error("the story is not over")
	}
	for id, m := range all {
		if !m.Matter.Smokeball.Confirmed || !seen[string(id)] || (m.Status != domain.Succeeded && m.Status != domain.Skipped) {
			o.Errorf("matter %s is %+v, its last sync %s", id, m.Matter.Smokeball, m.Status)
		}
	}
	f.seeds.Add(1)
	f.matters.Add(int64(len(s.Matters)))
	f.contacts.Add(int64(len(s.Contacts)))
	f.files.Add(int64(len(s.Files)))
}

// counted counts the calls on a way to Smokeball, and those that failed on it.
type counted struct {
	way http.RoundTripper
	*figures
}

func (c counted) RoundTrip(r *http.Request) (*http.Response, error) {
	c.calls.Add(1)
	answer, err := c.way.RoundTrip(r)
	if err != nil || answer.StatusCode >= 500 || answer.StatusCode == http.StatusTooManyRequests {
		c.failed.Add(1)
		return answer, err
	}
	answer.Body = &countedBody{ReadCloser: answer.Body, figures: c.figures}
	return answer, nil
}

// countedBody counts an answer that breaks off.
type countedBody struct {
	io.ReadCloser
	*figures
	told bool
}

func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) && !b.told {
		b.told = true
		b.failed.Add(1)
	}
	return n, err
}
