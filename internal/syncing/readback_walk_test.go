package syncing_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/readback"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
	"github.com/casehug/smokeball-sync/projections"
)

// soon is how long a screen may say what is no longer so after a webhook told of the change.
const soon = 3 * time.Second

// walk follows what Smokeball has, to compare it with what the screens say.
type walk struct {
	*office
	m      domain.MatterData
	chance *rand.Rand
	since  map[string]time.Time // when Smokeball's value of a field changed last
	had    map[string][]string  // all values of a field, the newest last
	staff  map[string]string    // the names of who works there, by id
	outage bool                 // Smokeball does not answer
}

// TestNoScreenSaysWhatIsNotSo walks through random changes of both sides, while webhooks come late,
// twice or never, and Smokeball fails now and then. After each step every field is compared, on the
// matter's page, in the list of matters, among the differences, in the history and in the
// connection. After the webhook of a change a screen may say for a few seconds what was so before.
// Of a change whose webhook was lost it says so until the next sweep, and names since when it knows.
func TestNoScreenSaysWhatIsNotSo(t *testing.T) {
	t.Parallel()
	for seed := range outsideCI(4) {
		synctest.Test(t, func(t *testing.T) {
			o := newOffice(t, smokeballsim.Config{Seed: seed + 1, VisibleAfter: smokeballsim.Delay{Max: time.Second}})
			o.reads, o.swept = true, &swept{share: readback.SweepShare{PerSecond: 5, Least: 10 * time.Minute}}
			o.start()
			o.connect()
			o.hooks()
			opened := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
			m := accident(func(m *domain.MatterData) { m.ResponsibleEmail, m.OpenedAt = lawyer, &opened })
			o.sends(m)
			o.readAll()
			w := &walk{office: o, m: m, chance: rand.New(rand.NewPCG(seed, 7)), since: map[string]time.Time{}, had: map[string][]string{}, staff: map[string]string{"": ""}}
			w.hires("Lee Chen", lawyer)
			w.hires("Ana Brown", "ana@firm.example")
			w.watch()
			w.faults()
			for step := range 100 {
				w.step(step)
				w.watch()
				time.Sleep(time.Duration(w.chance.IntN(4000)) * time.Millisecond)
				synctest.Wait()
				w.truthful(step)
			}
			o.sim.ClearFaults()
			w.outage = false
			o.away(3 * time.Minute) // and a sweep finds what was lost
			settle()
			o.isSwept()
			o.readAll()
			w.watch()
			w.truthful(100)
			if wrong := w.wrong(true); wrong != "" {
				t.Errorf("seed %d, in the end: %s", seed, wrong)
			}
		})
	}
}

// hires notes who works there.
func (w *walk) hires(name, email string) {
	id, err := w.client.StaffByEmail(w.Context(), oak, email)
	w.must(err)
	w.staff[id] = name
}

// faults has webhooks come twice, late or never.
func (w *walk) faults() {
	w.fault(smokeballsim.Fault{Kind: smokeballsim.Duplicate, Probability: 0.1})
	w.fault(smokeballsim.Fault{Kind: smokeballsim.Reorder, Probability: 0.1, Delay: smokeballsim.Duration(8 * time.Second)})
	w.fault(smokeballsim.Fault{Kind: smokeballsim.Drop, Probability: 0.1})
}

// step is one change of either side, of the engine or of the weather.
func (w *walk) step(n int) {
	switch w.chance.IntN(16) {
	case 0, 1:
		w.edit(fmt.Sprintf(`{"status":%q}`, []string{"Open", "Pending", "Closed"}[w.chance.IntN(3)]))
	case 2:
		w.edit(fmt.Sprintf(`{"description":"Their name %d"}`, n))
	case 3:
		w.edit(fmt.Sprintf(`{"number":"T-%d"}`, n))
	case 4:
		w.edit(fmt.Sprintf(`{"openedDate":"2026-0%d-11T00:00:00Z"}`, 1+w.chance.IntN(9)))
	case 5:
		w.must(w.sim.EditContact(w.one().ClientIDs[0], fmt.Appendf(nil, `{"person":{"lastName":"Name%d"}}`, n)))
	case 6:
		w.must(w.sim.EditContact(w.one().ClientIDs[0], fmt.Appendf(nil, `{"person":{"email":"a%d@x.example"}}`, n)))
	case 7, 8:
		w.m.Version++
		w.m.Title, w.m.Status = fmt.Sprint("Our name ", n), []string{"active", "pending", "closed"}[w.chance.IntN(3)]
		w.tell(updated(w.m))
	case 9:
		w.m.Version++
		w.m.CaseNumber = fmt.Sprint("CH-", n)
		w.tell(updated(w.m))
	case 10:
		w.click(w.m.ID)
	case 11:
		w.restart()
	case 12:
		w.must(w.sim.EditContact(w.one().ClientIDs[0], fmt.Appendf(nil, `{"person":{"phone":{"number":"312555%04d"}}}`, n)))
	case 13:
		for id := range w.staff {
			w.edit(fmt.Sprintf(`{"personResponsibleStaffId":%q}`, id))
			return
		}
	case 14:
		w.must(w.sim.RemoveFile(w.kept().Files[0].ID))
		w.must(w.sim.RestoreFile(w.kept().Files[0].ID))
	case 15:
		if w.outage = !w.outage; w.outage {
			w.fault(smokeballsim.Fault{Route: "*", Kind: smokeballsim.Status, Status: 503})
			return
		}
		w.sim.ClearFaults()
		w.faults()
	}
}

// there are Smokeball's values, as people read them.
func (w *walk) there() map[string]string {
	m := w.one()
	state := w.kept()
	c := state.Contacts[slices.IndexFunc(state.Contacts, func(c smokeballsim.ContactState) bool { return c.ID == m.ClientIDs[0] })]
	return map[string]string{domain.FieldStatus: m.Status, domain.FieldTitle: m.Description, domain.FieldNumber: m.Number, domain.FieldCaseType: m.MatterType,
		domain.FieldOpened: dayIn(m.OpenedDate), domain.FieldClosed: dayIn(m.ClosedDate), domain.FieldResponsible: w.staff[m.Responsible],
		domain.FieldClientName: c.Name, domain.FieldClientEmail: c.Email, domain.FieldClientPhone: strings.Join(c.Phones, " ")}
}

func dayIn(date string) string { return date[:min(len(date), len(time.DateOnly))] }

// watch notes what Smokeball has.
func (w *walk) watch() {
	for name, is := range w.there() {
		if list := w.had[name]; len(list) == 0 || list[len(list)-1] != is {
			w.had[name], w.since[name] = append(list, is), time.Now()
		}
	}
}

// truthful waits until the screens are right, at most for as long as they may say what was so
// before.
func (w *walk) truthful(step int) {
	w.Helper()
	wrong := w.wrong(false)
	for waited := time.Duration(0); wrong != "" && waited < soon; waited += 100 * time.Millisecond {
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		w.watch()
		wrong = w.wrong(false)
	}
	if wrong != "" {
		w.Fatalf("step %d: %s\n%s", step, wrong, w.dump())
	}
}

// told reports whether what the engine knows of has all webhooks about the resource's newest change:
// one that is lost or late can't be known of.
func (w *walk) told(name string) bool {
	id := domain.SmokeballID(w.one().ID)
	if domain.IsClientField(name) {
		id = domain.SmokeballID(w.one().ClientIDs[0])
	}
	h, _, err := eventstore.Load[domain.Hints](w.Context(), w.ledger, domain.HintStream(oak, id))
	w.must(err)
	return !h.Changed.Before(w.since[name].Add(-time.Millisecond))
}

// wrong is what a screen says that is not so; strict: nothing is excused by a webhook that is
// lost or late.
func (w *walk) wrong(strict bool) string {
	views := storedIn(w.rows)
	row := w.row()
	fields, err := views.Matters.MatterFields(row)
	w.must(err)
	is := w.there()
	for _, f := range fields {
		has, compared := is[f.Name]
		if !compared {
			continue
		}
		if text := w.field1(f, has, strict); text != "" {
			return text
		}
	}
	return w.elsewhere(views, row, fields)
}

// field1 is what the page says of a field that is not so.
func (w *walk) field1(f projections.Field, has string, strict bool) string {
	says := f.State == projections.FieldSame || f.State == projections.FieldDiffers || f.State == projections.FieldNotSent && f.Smokeball != nil
	if !says {
		return ""
	}
	shown := ""
	if f.Smokeball != nil {
		shown = *f.Smokeball
	}
	same := w.same(f, has)
	switch known := strict || w.told(f.Name) || f.KnownAt.After(w.since[f.Name].Add(2*time.Second)); {
	case f.Smokeball != nil && !slices.ContainsFunc(w.had[f.Name], func(had string) bool { return w.means(f.Name, shown, had) }):
		return fmt.Sprintf("%s: Smokeball is shown with %q, which it never had: %q", f.Name, shown, w.had[f.Name])
	case !known:
		return "" // it says since when it knows
	case f.Smokeball != nil && !w.means(f.Name, shown, has):
		return fmt.Sprintf("%s (%s): Smokeball has %q and is shown with %q, known at %v, changed at %v", f.Name, f.State, has, shown, f.KnownAt, w.since[f.Name])
	case f.State == projections.FieldSame && !same, f.State == projections.FieldDiffers && same:
		return fmt.Sprintf("%s is called %s: Smokeball has %q, CaseHug %q", f.Name, f.State, has, f.CaseHug)
	}
	return ""
}

// means reports whether what is shown of Smokeball's value is what it has.
func (w *walk) means(field, shown, has string) bool {
	switch {
	case field == domain.FieldResponsible && shown == lawyer:
		return has == "Lee Chen"
	case field == domain.FieldClientPhone:
		return slices.ContainsFunc(strings.Fields(has), func(one string) bool { return domain.SamePhone(one, shown) }) || shown == has
	}
	return shown == has
}

// same reports whether Smokeball's value means CaseHug's.
func (w *walk) same(f projections.Field, has string) bool {
	switch f.Name {
	case domain.FieldStatus:
		return has == domain.SmokeballStatus(f.CaseHug)
	case domain.FieldResponsible:
		return has == "Lee Chen"
	case domain.FieldClientPhone:
		return w.means(f.Name, f.CaseHug, has)
	}
	return strings.EqualFold(has, f.CaseHug)
}

// elsewhere compares the other screens with the matter's page.
func (w *walk) elsewhere(views *projections.Views, row projections.MatterRow, fields []projections.Field) string {
	on := map[string]projections.Field{}
	changing := false
	for _, f := range fields {
		on[f.Name] = f
		changing = changing || f.State == projections.FieldChanging
	}
	list, _, err := views.Matters.Matters(oak, projections.MatterQuery{})
	w.must(err)
	if len(list) != 1 || list[0].Changing != row.Changing || changing && !list[0].Changing {
		return fmt.Sprintf("the list of matters says changing: %t, the page: %t (%t)", list[0].Changing, row.Changing, changing)
	}
	for name := range list[0].Differs {
		if s := on[name].State; s == projections.FieldSame {
			return fmt.Sprintf("the list of matters says that %s differs, the page that it is %s", name, s)
		}
	}
	drift, _, err := views.Drift.Drift(oak, projections.DriftQuery{})
	w.must(err)
	for _, d := range drift {
		if f := on[d.Name]; f.State == projections.FieldSame || *f.Smokeball != *d.Smokeball || f.CaseHug != d.CaseHug {
			return fmt.Sprintf("among the differences %s is %q, the page says %s, %q", d.Name, *d.Smokeball, f.State, *f.Smokeball)
		}
	}
	for name, f := range on {
		listed := slices.ContainsFunc(drift, func(d projections.Drift) bool { return d.Name == name })
		if f.State == projections.FieldDiffers && !listed {
			return fmt.Sprintf("%s differs on the page and not in the list of differences", name)
		}
	}
	n, err := views.Drift.DriftCount(oak)
	w.must(err)
	if n.Total() == 0 && len(drift) > 0 {
		return "the connection counts no differences, and the list has some"
	}
	return w.history()
}

// history requires of each sync that ended well that nothing of it is awaited.
func (w *walk) history() string {
	for _, e := range w.entries(w.m.ID) {
		if e.Status == domain.Succeeded && slices.ContainsFunc(e.Steps, func(s projections.EntryStep) bool { return s.Outcome == domain.OutcomeFailed }) {
			return fmt.Sprintf("sync %s succeeded with a step that failed", e.ID)
		}
	}
	return ""
}
