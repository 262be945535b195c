package domain_test

import (
	"fmt"
	"slices"

	"github.com/casehug/smokeball-sync/domain"
)

// world is a state of everything: what is in the ledger, in the bus, on the wire, in
// Smokeball and in two engines. Aggregates are numbers of the walk's pools.
type world struct {
	matter, contact int32
	engines         [2]worker
	leader, term    int8 // an engine leads for a term; what it began in another one it no longer sends
	untold          [3]bool
	down            bool // the firm is not connected
	mapped          bool
	wire            [4]onWire
	there           [8]thing
	left            [mishaps]int8
	beside
}

// beside is what only some walks have.
type beside struct {
	account int8       // of Smokeball, that the firm is connected to
	reads   [2]reader  // of the engines
	news    [2]tidings // of what people changed in Smokeball
	hooks   int32      // the webhooks about the matter that are on record
	hints   int32      // the same, as reasons to read it
	missed  bool       // a webhook was lost
	erasure int32
	done    bool    // the erasure's next step is done, and not on record
	kept    [3]bool // messages of CaseHug's that the bus still has
	late    bool    // an intent was recorded after the erasure
}

// accounts are the Smokeball accounts that the firm may connect to.
var accounts = [2]string{"oak", "elm"}

// asWritten is the matter as it is written.
var asWritten = domain.MatterDraft{Status: "Open"}

// kind is what a call creates.
type kind int8

const (
	nothing kind = iota
	aContact
	aMatter
	aFile
)

func (k kind) String() string { return [...]string{"", "contact", "matter", "file"}[k] }

// onWire is a call that is on its way.
type onWire struct {
	kind    kind
	request domain.RequestID
	by      int8 // the engine that waits for the answer; -1: none any more
	account int8
}

// thing is something that Smokeball has.
type thing struct {
	kind    kind
	request domain.RequestID
	shown   bool
	account int8
	changed int8 // by people, so often
}

func (t thing) id() domain.SmokeballID { return domain.SmokeballID("id of " + t.request) }

const (
	twice = iota
	crash
	loss
	move
	outage
	change // people change the matter in Smokeball
	deaf   // a webhook is lost
	repeat // a webhook comes again
	leave  // the firm moves to another account
	erase
	mishaps
)

// messages of CaseHug: the matter, its document, its next version.
const (
	theMatter = iota
	theDocument
	theVersion
)

func (w *walk) first() world {
	return world{untold: [3]bool{true, w.changes == 0, w.wrong}, mapped: !w.wrong, left: [mishaps]int8{w.twice, w.crashes, w.lost, w.moves, w.outages, w.changes, w.deaf, w.repeats, w.leaves, w.erasures}}
}

func (w *walk) message(n int) domain.CaseHugEvent {
	data := rivera(1)
	if w.wrong {
		data.CaseType = "Space Law"
	}
	e := casehug(n, [...]string{domain.TypeMatterCreated, domain.TypeDocumentApproved, domain.TypeMatterUpdated}[n])
	switch n {
	case theMatter:
		e.Matter = &data
	case theDocument:
		e.Documents = []domain.DocumentData{retainer()}
	case theVersion:
		data.Version, data.CaseType = 2, "Auto Accident"
		e.Matter = &data
	}
	return e
}

// ended reports whether all that was asked for is done.
func (w *walk) ended(s world) bool {
	m := w.matters.get(s.matter)
	d, _ := m.Document(docA)
	calm := s.engines[0].at == idle && s.engines[1].at == idle && s.wire == [4]onWire{} && s.untold == [3]bool{}
	if m.Erased {
		return calm && w.forgotten(s)
	}
	in := int8(slices.Index(accounts[:], m.Smokeball.Account))
	return calm && m.Current == nil && m.Next == nil && m.Smokeball.Confirmed && w.upToDate(s) &&
		s.count(aContact, in) == 1 && s.count(aMatter, in) == 1 && (w.changes > 0 || (d.Confirmed && s.count(aFile, in) == 1))
}

func (s world) count(k kind, account int8) (n int) {
	for _, t := range s.there {
		if t.kind == k && t.account == account {
			n++
		}
	}
	return n
}

// fault is what must not be in any state.
func (w *walk) fault(s world) string {
	for k := aContact; k <= aFile; k++ {
		if s.count(k, 0) > 1 || s.count(k, 1) > 1 {
			return "Smokeball has the " + k.String() + " twice:"
		}
	}
	m, c := w.matters.get(s.matter), w.contacts.get(s.contact)
	d, _ := m.Document(docA)
	shown := func(id domain.SmokeballID) bool {
		return slices.ContainsFunc(s.there[:], func(t thing) bool { return t.id() == id && t.shown })
	}
	if (m.Smokeball.Confirmed && !shown(m.Smokeball.ID)) || (d.Confirmed && !shown(d.File)) || (c.Confirmed && !shown(c.ID)) {
		return "something is confirmed that Smokeball does not show:"
	}
	if fault := w.misled(s); fault != "" {
		return fault
	}
	if fault := w.misplaced(s); fault != "" {
		return fault
	}
	return w.unforgotten(s)
}

// next yields every state that may follow. A mishap is what nothing may depend on.
func (w *walk) next(s world, yield func(to world, by string, mishap bool)) {
	for n, untold := range s.untold {
		told := w.tell(s, n)
		told.untold[n], told.kept[n] = false, w.erasures > 0
		switch {
		case untold:
			yield(told, fmt.Sprint("CaseHug's message ", n, " is taken in"), false)
		case s.left[twice] > 0 && (n != theVersion || w.wrong) && (n != theDocument || w.changes == 0):
			yield(told.less(twice), fmt.Sprint("CaseHug's message ", n, " is taken in again"), true)
		}
	}
	for i := range s.engines {
		w.work(s, int8(i), yield)
		if (s.engines[i].at != idle || s.reads != [2]reader{} || s.done) && s.left[crash] > 0 {
			yield(s.killed(int8(i)).less(crash), fmt.Sprintf("engine %d is killed", i), true)
		}
	}
	if s.left[move] > 0 {
		to := s.less(move)
		to.leader, to.term = 1-s.leader, s.term+1
		yield(to, fmt.Sprintf("engine %d leads", to.leader), true)
	}
	w.call(s, yield)
	w.show(s, yield)
	w.person(s, yield)
	w.changing(s, yield)
	w.leaving(s, yield)
	w.erasing(s, yield)
}

// tell takes a message in, as intake does.
func (w *walk) tell(s world, n int) world {
	settings := domain.DefaultSettings
	settings.OnMatterCreated = w.changes > 0 // without a document
	return w.hear(s, news{s.matter, n, ""}, func(m domain.Matter) []domain.Event { return m.TakeIn(w.message(n), settings) })
}

// news is what a matter is told, by a message or by a webhook about a request.
type news struct {
	matter  int32
	message int
	request domain.RequestID
}

// hear appends what is decided on news, which is worked out once.
func (w *walk) hear(s world, n news, decide func(domain.Matter) []domain.Event) world {
	id, known := w.heard[n]
	if !known {
		m := w.matters.get(s.matter)
		for _, e := range decide(m) {
			m = m.Apply(e, start)
		}
		id = w.matters.id(m)
		w.heard[n] = id
	}
	s.matter = id
	return s
}

func (s world) less(mishap int) world { s.left[mishap]--; return s }

// killed is the world after an engine was killed and restarted. Its calls stay on the wire.
func (s world) killed(i int8) world {
	s.engines[i], s.reads, s.done = worker{}, [2]reader{}, false
	for k := range s.wire {
		if s.wire[k].by == i && s.wire[k].kind != nothing {
			s.wire[k].by = -1
		}
	}
	return s
}

// call lets calls on the wire arrive, with and without an answer, or get lost.
func (w *walk) call(s world, yield func(world, string, bool)) {
	for k, c := range s.wire {
		if c.kind == nothing {
			continue
		}
		gone := s
		copy(gone.wire[k:], s.wire[k+1:])
		gone.wire[3] = onWire{}
		done := gone
		if k := slices.Index(done.there[:], thing{}); k >= 0 {
			done.there[k] = thing{kind: c.kind, request: c.request, account: c.account}
		}
		what := "the call for the " + c.kind.String()
		if c.by < 0 {
			yield(done, what+" of a dead engine arrives", false)
			yield(gone, what+" of a dead engine is lost", true)
			continue
		}
		answered, unanswered, unheard := done, done, gone
		answered.engines[c.by].at, answered.engines[c.by].answer = accept, thing{request: c.request}.id()
		unanswered.engines[c.by].at, unheard.engines[c.by].at = retry, retry
		yield(answered, what+" is answered", false)
		if s.left[loss] > 0 {
			yield(unanswered.less(loss), what+" arrives and its answer is lost", true)
			yield(unheard.less(loss), what+" is lost", true)
		}
	}
}

// show lets Smokeball show what it has, and tell of it by webhook: again and again.
func (w *walk) show(s world, yield func(world, string, bool)) {
	for k, t := range s.there {
		switch {
		case t.kind == nothing:
		case !t.shown:
			to := s
			to.there[k].shown = true
			yield(to, "Smokeball shows the "+t.kind.String(), false)
		case t.kind == aMatter || t.kind == aContact:
			to := w.hear(s, news{s.matter, -1, t.request}, func(m domain.Matter) []domain.Event { return m.Confirm(t.request, t.id()) })
			yield(to, "a webhook tells of the "+t.kind.String(), true)
		}
	}
}

// person is what people do.
func (w *walk) person(s world, yield func(world, string, bool)) {
	to := s
	switch {
	case s.down:
		to.down = false
		yield(to, "a firm admin connects", false)
	case s.left[outage] > 0:
		to.down = true
		yield(to.less(outage), "the connection is lost", true)
	}
	if !s.mapped {
		to := s
		to.mapped = true
		yield(to, "a firm admin maps the case type", true)
	}
}
