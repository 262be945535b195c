package domain_test

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// same goes on by f if the connection is the one with which the steps began, else from the start.
func (x *step) same(e *worker, f func()) {
	if !x.relies && (x.s.account != e.account || x.s.down) {
		x.anew(e)
		return
	}
	f()
}

// sent is a call on its way to the account. One whose tokens belong to a connection that is no more
// may be turned away, as is one that names what another account has.
func (x *step) sent(e *worker, account int8) {
	if e.token != x.s.account {
		refused, turned := *x, *e
		refused.undo(&turned)
	}
	m := x.matters.get(x.s.matter)
	if (e.kind == aMatter && !x.s.has(m.Contacts[clientA], account)) || (e.kind == aFile && !x.s.has(m.Smokeball.ID, account)) {
		x.undo(e)
		return
	}
	x.s.wire[slices.Index(x.s.wire[:], onWire{})] = onWire{e.kind, e.request, x.i, account}
	x.on(e, answer)
}

// has reports whether an account has what the id names, or will show it.
func (s world) has(id domain.SmokeballID, account int8) bool {
	return slices.ContainsFunc(s.there[:], func(t thing) bool { return t.kind != nothing && t.id() == id && t.account == account })
}

// shows reports whether the account that is connected shows what the id names.
func (s world) shows(id domain.SmokeballID) bool {
	return slices.ContainsFunc(s.there[:], func(t thing) bool { return t.shown && t.id() == id && t.account == s.account })
}

// inVain gives up waiting for what was accepted in an account that the firm has left.
func (x *step) inVain(e *worker, f func(domain.Matter) ([]domain.Event, error)) {
	m := x.matters.get(x.s.matter)
	facts, err := f(m)
	if errors.Is(err, domain.ErrNotCurrent) {
		x.on(e, idle)
		return
	}
	for _, f := range facts {
		m = m.Apply(f, start)
	}
	x.s.matter = x.matters.id(m)
	x.anew(e)
}

func (x *step) inVainAll(e *worker, contact, file domain.SmokeballID) {
	c := x.contacts.get(x.s.contact)
	for _, f := range c.Miss(contact) {
		c = c.Apply(f, start)
	}
	x.s.contact = x.contacts.id(c)
	x.inVain(e, func(m domain.Matter) ([]domain.Event, error) { return m.MissFile(e.turn, docA, file) })
}

// leaving lets the firm move to its other account. It comes back to one later than what was
// on its way there shows (ENGINE_VISIBILITY_WAIT).
func (w *walk) leaving(s world, yield func(world, string, bool)) {
	to := 1 - s.account
	calls := slices.ContainsFunc(s.wire[:], func(c onWire) bool { return c.kind != nothing && c.account == to })
	hidden := slices.ContainsFunc(s.there[:], func(t thing) bool { return t.kind != nothing && t.account == to && !t.shown })
	about := slices.ContainsFunc(s.engines[:], func(e worker) bool { return e.at == send && e.token == to })
	if s.left[leave] == 0 || calls || hidden || about {
		return
	}
	next := s.less(leave)
	next.account = to
	yield(next, "the firm moves to its account "+accounts[to], true)
}

// misplaced is a link that names an account which does not have the matter, or the contact.
func (w *walk) misplaced(s world) string {
	wrong := func(id domain.SmokeballID, account string) bool {
		return id != "" && account != "" && !s.has(id, int8(slices.Index(accounts[:], account)))
	}
	m, c := w.matters.get(s.matter), w.contacts.get(s.contact)
	if wrong(m.Smokeball.ID, m.Smokeball.Account) || wrong(c.ID, c.Account) {
		return "a link names an account that does not have it:"
	}
	return ""
}

// reader reads a matter that may have changed in Smokeball.
type reader struct {
	at    reading
	heard int    // webhooks on record as it began
	moves int    // what was on record of the matter as it began
	value string // that Smokeball showed
}

type reading int8

const (
	rests reading = iota
	looks
	sees
	answers
)

// tidings are where the webhook of a change is.
type tidings int8

const (
	unsent tidings = iota
	onTheWay
	came
	gone
)

// values are the statuses that people give a matter, one after the other.
var values = [...]string{asWritten.Status, "Pending", "Closed"}

// theirs is the matter that Smokeball has, as it is known by its id.
func (s world) theirs(id domain.SmokeballID) (k int, ok bool) {
	k = slices.IndexFunc(s.there[:], func(t thing) bool { return t.kind == aMatter && t.shown && t.id() == id })
	return k, k >= 0
}

// changing lets people change the matter in Smokeball; webhooks, reads and sweeps tell of it.
func (w *walk) changing(s world, yield func(world, string, bool)) {
	if w.changes == 0 {
		return
	}
	if k := slices.IndexFunc(s.there[:], func(t thing) bool { return t.kind == aMatter && t.shown }); k >= 0 && s.left[change] > 0 {
		to := s.less(change)
		to.news[to.there[k].changed] = onTheWay
		to.there[k].changed++
		yield(to, "people set the matter to "+values[to.there[k].changed], true)
	}
	for n, at := range s.news {
		told := w.hook(s, n)
		told.news[n] = came
		switch {
		case at == onTheWay:
			yield(told, fmt.Sprint("the webhook of change ", n, " comes"), false)
			if s.left[deaf] > 0 {
				lost := s.less(deaf)
				lost.news[n], lost.missed = gone, true
				yield(lost, fmt.Sprint("the webhook of change ", n, " is lost"), true)
			}
		case at == came && s.left[repeat] > 0:
			yield(told.less(repeat), fmt.Sprint("the webhook of change ", n, " comes again"), true)
		}
	}
	for i := range s.reads {
		if i == 1 && s.reads[0] == (reader{}) {
			break
		}
		w.read(s, int8(i), func(to world, by string, mishap bool) {
			slices.SortFunc(to.reads[:], func(a, b reader) int { // they are alike
				return cmp.Or(int(b.at)-int(a.at), b.heard-a.heard, b.moves-a.moves, cmp.Compare(b.value, a.value))
			})
			yield(to, by, mishap)
		})
	}
	w.sweep(s, yield)
}

// hook records a webhook, once.
func (w *walk) hook(s world, n int) world {
	all, hints := w.hooks.get(s.hooks), w.hints.get(s.hints)
	came := domain.SmokeballWebhookReceived{Origin: domain.EventRef{ID: fmt.Sprint("change ", n)}, Type: "matter.updated", Source: "Smokeball", Resource: "id"}
	for _, f := range all.Receive(came) {
		all, hints = all.Apply(f, start), hints.Apply(f, start)
	}
	s.hooks, s.hints = w.hooks.id(all), w.hints.id(hints)
	return s
}

// read takes a read further. Two may be under way at a time: a sync reads the matter as well, and an
// engine that has lost its lease may go on.
func (w *walk) read(s world, i int8, yield func(world, string, bool)) {
	r, m, h := s.reads[i], w.matters.get(s.matter), w.hints.get(s.hints)
	k, there := s.theirs(m.Smokeball.ID)
	to := s
	switch {
	case r.at == rests && !s.down && there && h.Pending():
		to.reads[i] = reader{at: looks, heard: h.Heard, moves: m.Smokeball.There.Moves}
		yield(to, "a read begins", false)
	case r.at == looks && (s.down || !there):
		to.reads[i] = reader{}
		yield(to, "a read is given up", false)
	case r.at == looks:
		to.reads[i].at, to.reads[i].value = sees, values[s.there[k].changed]
		yield(to, "a read is made", false)
	case r.at == sees:
		yield(w.see(s, i), "a read is recorded", false)
	case r.at == answers:
		if w.answersAll {
			r.heard = h.Heard
		}
		for _, f := range h.Answered(r.heard, domain.ByWebhook, start) {
			h = h.Apply(f, start)
		}
		to.hints, to.reads[i] = w.hints.id(h), reader{}
		yield(to, "a read records which webhooks it answers", false)
	}
}

// see records what a read showed, unless more was recorded since it began: then it is made again.
func (w *walk) see(s world, i int8) world {
	r, m := s.reads[i], w.matters.get(s.matter)
	if w.seesAnyway {
		r.moves = m.Smokeball.There.Moves
	}
	facts, err := m.See(r.moves, domain.MatterSeen{Matter: m.Smokeball.ID, Values: domain.MatterValues{Status: r.value}, By: domain.ByWebhook})
	if err != nil {
		s.reads[i] = reader{}
		return s
	}
	for _, f := range facts {
		m = m.Apply(f, start)
	}
	s.matter = w.matters.id(m)
	s.reads[i] = reader{at: answers, heard: r.heard}
	return s
}

// sweep compares Smokeball's list with what is known.
func (w *walk) sweep(s world, yield func(world, string, bool)) {
	m, h := w.matters.get(s.matter), w.hints.get(s.hints)
	k, there := s.theirs(m.Smokeball.ID)
	listed := start.Add(time.Hour)
	if w.noSweep || s.down || !there || !m.IsChanged(listed, domain.MatterValues{Status: values[s.there[k].changed]}) {
		return
	}
	facts := h.Find(domain.ChangeFound{Resource: m.Smokeball.ID}, listed)
	for _, f := range facts {
		h = h.Apply(f, start)
	}
	if len(facts) > 0 {
		s.hints = w.hints.id(h)
		yield(s, "a sweep finds the change", false)
	}
}

// knows reports whether what is known of the matter is what Smokeball has.
func (w *walk) knows(s world) bool {
	m := w.matters.get(s.matter)
	k, there := s.theirs(m.Smokeball.ID)
	known := m.Smokeball.There.Values
	return !there || known == nil || known.Status == values[s.there[k].changed]
}

// misled is a state in which nothing is under way any more that would correct what people are shown.
func (w *walk) misled(s world) string {
	if s.missed || slices.Contains(s.news[:], onTheWay) || w.hints.get(s.hints).Pending() || w.knows(s) {
		return ""
	}
	return "people are shown what is not so:"
}

// upToDate reports whether all that people changed is known.
func (w *walk) upToDate(s world) bool {
	return w.changes == 0 || (w.knows(s) && !slices.Contains(s.news[:], onTheWay) && !w.hints.get(s.hints).Pending() && s.reads == [2]reader{})
}

// erasing lets a person erase the matter, and the leading engine do the steps, each until it is
// on record.
func (w *walk) erasing(s world, yield func(world, string, bool)) {
	e := w.erasings.get(s.erasure)
	m := w.matters.get(s.matter)
	switch {
	case s.left[erase] > 0 && m.Known:
		to := s.less(erase)
		for _, f := range append(e.Request(domain.EraseRequested{Subject: domain.EraseSubject{Matter: matterA}, By: "u_admin"}), e.Find(domain.EraseFound{Matters: []domain.MatterID{matterA}})...) {
			e = e.Apply(f, start)
		}
		to.erasure = w.erasings.id(e)
		yield(to, "a firm admin erases the matter", true)
	case !e.Known():
	case e.Next() == "" && !(w.recordsFirst && s.done):
		if to := s; s.kept != [3]bool{} && !w.looksAway {
			to.kept = [3]bool{}
			yield(to, "what came about the erased matter is destroyed", false)
		}
	case s.done != w.recordsFirst: // the step is done, or is about to be recorded before it is
		to := w.finished(s, e)
		to.done = w.recordsFirst
		yield(to, "the erasure's step "+string(e.Next())+" is recorded", false)
	default:
		to := w.erased(s, w.stepOf(e))
		to.done = !w.recordsFirst
		yield(to, "the erasure's step "+string(w.stepOf(e))+" is done", false)
	}
}

// finished records that the erasure's next step is done.
func (w *walk) finished(s world, e domain.Erasure) world {
	for _, f := range e.Finish(e.Next()) {
		e = e.Apply(f, start)
	}
	s.erasure = w.erasings.id(e)
	return s
}

// stepOf is the step to do: the next one, or the last one that was recorded too early.
func (w *walk) stepOf(e domain.Erasure) domain.EraseStep {
	if steps := domain.EraseSteps(); w.recordsFirst {
		return steps[len(e.Done)-1]
	}
	return e.Next()
}

// erased is the world after a step of the erasure was done.
func (w *walk) erased(s world, step domain.EraseStep) world {
	switch step {
	case domain.EraseSyncs:
		m := w.matters.get(s.matter)
		for _, f := range m.Erase("er_1", "u_admin") {
			m = m.Apply(f, start)
		}
		s.matter = w.matters.id(m)
	case domain.EraseMessages, domain.EraseTraces:
		s.kept = [3]bool{}
	}
	return s
}

// unforgotten is what an erased matter must not have.
func (w *walk) unforgotten(s world) string {
	m := w.matters.get(s.matter)
	if s.late || (m.Erased && (m.Current != nil || m.Next != nil)) {
		return "an erased matter is synced:"
	}
	if e := w.erasings.get(s.erasure); !e.Done[domain.EraseSyncs].IsZero() && !m.Erased && !s.done {
		return "the erasure says that syncs are ended which go on:"
	}
	return ""
}

// forgotten reports whether the erasure is done, and nothing of the matter is left in the bus.
func (w *walk) forgotten(s world) bool {
	return w.erasings.get(s.erasure).Next() == "" && s.kept == [3]bool{}
}
