package domain_test

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// worker is an engine's one attempt: where it is, and what it has read so far, which may be
// old by now.
type worker struct {
	at      place
	turn    domain.Attempt
	term    int8  // of the lease under which it began
	m, seen int32 // the matter as last read, and as the steps began with it
	mapped  bool  // as last read
	lacks   domain.Code
	kind    kind             // of the call that it is about to make
	request domain.RequestID // of that call
	answer  domain.SmokeballID
	account int8 // of Smokeball, that was connected as the steps began
	token   int8 // the account whose tokens the call is sent with
}

// place is where in the steps of an attempt an engine is.
type place int8

const (
	idle place = iota
	ready
	typing
	lacking // something is lacking: is it still?
	waiting // it is: the wait is recorded
	client
	matter
	showing // the matter, before files are added
	document
	intend // a call's turn has come
	send
	answer
	accept
	retry // the attempt met a passing fault
	confirm
	finish
)

var places = [...]string{"begins", "reads the matter and the connection", "resolves the matter type", "looks again for what it lacks", "records that it waits", "sees to the client",
	"sees to the matter", "waits for the matter to show", "sees to the document", "records its intent", "sends", "", "records the answer", "records a passing fault", "confirms", "ends"}

// step is an engine about to go on in a world.
type step struct {
	*walk
	s     world
	i     int8
	yield func(world, string, bool)
}

func (w *walk) work(s world, i int8, yield func(world, string, bool)) {
	x := &step{w, s, i, yield}
	do := [...]func(*worker){x.begin, x.ready, x.typing, x.lacking, x.waiting, x.client, x.matter, x.showing, x.document, x.intend, x.send, nil, x.accept, x.retry, x.confirm, x.finish}
	e := s.engines[i]
	if do[e.at] != nil {
		do[e.at](&e)
	}
}

// on goes on to a place.
func (x *step) on(e *worker, at place) {
	from := e.at
	if e.at = at; at == idle {
		*e = worker{}
	}
	if at != intend && at != send && at != answer && at != accept {
		e.kind, e.request, e.answer, e.token = nothing, "", "", 0
	}
	x.s.engines[x.i] = *e
	x.yield(x.s, fmt.Sprintf("engine %d %s", x.i, places[from]), false)
}

// again begins the steps once more.
func (x *step) anew(e *worker) {
	e.m, e.seen = x.s.matter, x.s.matter
	x.on(e, ready)
}

// decide appends what is decided on the matter as it is now, and goes on to then; where the
// attempt is over the attempt ends.
func (x *step) decide(e *worker, then place, f func(domain.Matter) ([]domain.Event, error)) {
	m := x.matters.get(x.s.matter)
	facts, err := f(m)
	switch {
	case errors.Is(err, domain.ErrNotCurrent):
		x.on(e, idle)
		return
	case errors.Is(err, domain.ErrOutdated):
		x.anew(e)
		return
	case errors.Is(err, domain.ErrTaken):
		e.m = x.s.matter
		x.on(e, lookFor(e.kind))
		return
	}
	for _, f := range facts {
		m = m.Apply(f, start)
	}
	x.s.matter = x.matters.id(m)
	e.m = x.s.matter
	x.on(e, then)
}

func (x *step) record(e *worker, then place, facts ...domain.Event) {
	x.decide(e, then, func(m domain.Matter) ([]domain.Event, error) { return m.Record(e.turn, facts...) })
}

// settle appends what is decided on the contact as it is now, and stays where it is.
func (x *step) settle(e *worker, then place, f func(domain.Contact) ([]domain.Event, error)) {
	c := x.contacts.get(x.s.contact)
	facts, err := f(c)
	if errors.Is(err, domain.ErrTaken) {
		x.on(e, client)
		return
	}
	for _, f := range facts {
		c = c.Apply(f, start)
	}
	x.s.contact = x.contacts.id(c)
	x.on(e, then)
}

// lookFor is where an attempt looks for what a call creates.
func lookFor(k kind) place { return [...]place{ready, client, matter, document}[k] }

func (x *step) begin(e *worker) {
	m := x.matters.get(x.s.matter)
	if m.Current == nil || x.s.leader != x.i {
		return
	}
	due := m.Current.Due(firm, matterA)
	if x.s.mapped {
		due.MappingNow = 1
	}
	if !due.Free(func(domain.FirmID) bool { return !x.s.down }) {
		return
	}
	facts, err := m.Begin(start.Add(24 * time.Hour))
	if err != nil {
		return
	}
	for _, f := range facts {
		m = m.Apply(f, start)
	}
	e.turn, _ = m.CurrentAttempt()
	e.term = x.s.term
	x.s.matter = x.matters.id(m)
	e.m, e.seen = x.s.matter, x.s.matter
	x.on(e, ready)
}

func (x *step) ready(e *worker) {
	e.mapped, e.account = x.s.mapped, x.s.account
	switch {
	case !x.matters.get(e.m).Known:
		e.lacks = domain.CodeMatterUnknown
		x.on(e, lacking)
	case x.s.down:
		e.lacks = domain.CodeNotConnected
		x.on(e, lacking)
	default: // what the facts name may be in an account that the firm has left
		x.decide(e, typing, func(m domain.Matter) ([]domain.Event, error) { return m.Leave(e.turn, accounts[e.account]) })
	}
}

func (x *step) typing(e *worker) {
	m := x.matters.get(e.m)
	switch {
	case m.Smokeball.TypeFixed() || m.TypeID != "":
		x.on(e, client)
	case m.Data.CaseType == rivera(1).CaseType || e.mapped:
		x.record(e, client, domain.MatterTypeResolved{Sync: e.turn.Sync, CaseType: m.Data.CaseType, TypeID: "t_IL"})
	default:
		e.lacks = domain.CodeMatterTypeUnmapped
		x.on(e, lacking)
	}
}

func (x *step) lacking(e *worker) {
	there := (e.lacks == domain.CodeNotConnected && !x.s.down) || (e.lacks == domain.CodeMatterTypeUnmapped && x.s.mapped != e.mapped)
	if there {
		e.lacks = ""
		x.anew(e)
		return
	}
	x.on(e, waiting)
}

func (x *step) waiting(e *worker) {
	wait := domain.SyncDeferred{Sync: e.turn.Sync, Failure: domain.Failure{Code: e.lacks}}
	if e.mapped {
		wait.MappingRevision = 1
	}
	e.lacks = ""
	x.decide(e, idle, func(m domain.Matter) ([]domain.Event, error) {
		return x.defers(m, x.walk.matters.get(e.seen), e.turn, wait)
	})
}

func (x *step) retry(e *worker) {
	wait := domain.SyncDeferred{Sync: e.turn.Sync, Failure: domain.Failure{Code: domain.CodeSmokeballUnavailable}, Until: start.Add(time.Hour)}
	x.decide(e, idle, func(m domain.Matter) ([]domain.Event, error) {
		return m.Defer(e.turn, x.walk.matters.get(e.seen), wait)
	})
}

// seen finds what Smokeball shows of a kind, made by the request if one is named.
func (x *step) shown(k kind, r domain.RequestID) (domain.SmokeballID, bool) {
	i := slices.IndexFunc(x.s.there[:], func(t thing) bool {
		return t.kind == k && t.account == x.s.account && t.shown && (r == "" || t.request == r)
	})
	if i < 0 {
		return "", false
	}
	return x.s.there[i].id(), true
}

// over reports whether the wait for what a request may have made is over. The wait is longer
// than a lease lives without its engine, and than a call and its effect take: by then whoever
// recorded the intent has sent the call or may no longer, the call has arrived and its effect
// shows, or it never will.
func (x *step) over(r domain.RequestID) bool {
	hidden := slices.ContainsFunc(x.s.there[:], func(t thing) bool { return t.request == r && !t.shown })
	under := slices.ContainsFunc(x.s.wire[:], func(c onWire) bool { return c.request == r })
	about := slices.ContainsFunc([]int8{0, 1}, func(i int8) bool {
		return x.s.engines[i].at == send && x.s.engines[i].request == r && x.s.permits(i)
	})
	return x.beyond || (!hidden && !under && !about && !x.neverOver)
}

// permits reports whether an engine may send: it leads, in the term in which it began.
func (s world) permits(i int8) bool { return s.leader == i && s.term == s.engines[i].term }

// ask is about to make a call that creates something.
func (x *step) ask(e *worker, k kind) {
	e.kind, e.request = k, domain.RequestID(fmt.Sprintf("%s of %s, attempt %d, in %s", k, e.turn.Sync, e.turn.Number, accounts[e.account]))
	x.on(e, intend)
}

// again reads the matter once more, as each pause does.
func (x *step) again(e *worker) { x.record(e, e.at) }

func (x *step) client(e *worker) {
	m, c := x.matters.get(e.m), x.contacts.get(x.s.contact)
	switch {
	case c.Leave(accounts[e.account]) != nil:
		x.settle(e, client, func(c domain.Contact) ([]domain.Event, error) { return c.Leave(accounts[e.account]), nil })
	case c.ID != "" && m.Contacts[clientA] == c.ID && m.Current != nil && slices.Contains(m.Current.Resolved, clientA):
		x.on(e, matter)
	case c.ID != "":
		x.record(e, matter, domain.ContactResolved{Sync: e.turn.Sync, Client: clientA, Contact: c.ID, Key: "key-1", Outcome: domain.OutcomeAccepted, Request: c.Request, Pending: !c.Settled()})
	case c.Intent != nil:
		x.lookForContact(e, c)
	default:
		if id, ok := x.shown(aContact, ""); ok {
			x.same(e, func() {
				x.settle(e, client, func(c domain.Contact) ([]domain.Event, error) {
					return c.Match(domain.ContactMatched{Contact: id, Client: clientA, Account: accounts[e.account]})
				})
			})
			return
		}
		x.ask(e, aContact)
	}
}

func (x *step) lookForContact(e *worker, c domain.Contact) {
	r := c.Intent.Request
	if id, ok := x.shown(aContact, ""); ok {
		x.same(e, func() {
			x.settle(e, client, func(c domain.Contact) ([]domain.Event, error) {
				return c.Accept(domain.ContactAccepted{Contact: id, Client: clientA, Request: r, Account: accounts[e.account]})
			})
		})
	} else if x.over(r) {
		x.settle(e, client, func(c domain.Contact) ([]domain.Event, error) { return c.Abandon(r, domain.AbandonedNotSeen), nil })
	} else {
		x.again(e)
	}
}

func (x *step) matter(e *worker) {
	m := x.matters.get(e.m)
	id, shown := x.shown(aMatter, "")
	switch {
	case m.Smokeball.ID != "":
		x.on(e, showing)
	case shown:
		how := domain.LinkedByID
		if m.Former[accounts[e.account]].ID == id {
			how = domain.LinkedEarlier
		}
		x.same(e, func() {
			x.record(e, showing, domain.MatterLinked{Sync: e.turn.Sync, Matter: id, How: how, Known: asWritten, Account: accounts[e.account]})
		})
	case m.Smokeball.Intent == nil:
		x.ask(e, aMatter)
	case x.over(m.Smokeball.Intent.Request):
		x.abandon(e, matter, m.Smokeball.Intent.Request, domain.AbandonedNotSeen)
	default:
		x.again(e)
	}
}

func (x *step) abandon(e *worker, then place, r domain.RequestID, why domain.Abandonment) {
	x.decide(e, then, func(m domain.Matter) ([]domain.Event, error) { return m.Abandon(e.turn.Sync, r, why), nil })
}

func (x *step) showing(e *worker) {
	m := x.matters.get(e.m)
	_, shown := x.shown(aMatter, m.Smokeball.Request)
	switch {
	case m.Smokeball.Confirmed:
		x.on(e, document)
	case x.s.account != e.account: // another account will never show it
		x.inVain(e, func(m domain.Matter) ([]domain.Event, error) { return m.Miss(e.turn, m.Smokeball.Request) })
	case shown:
		x.record(e, document, domain.MatterConfirmed{Sync: e.turn.Sync, Matter: m.Smokeball.ID, By: domain.ByRead})
	default:
		x.again(e)
	}
}

func (x *step) document(e *worker) {
	d, ok := x.matters.get(e.m).Document(docA)
	switch {
	case !ok || d.Uploaded:
		x.on(e, confirm)
	case d.File != "":
		sent := domain.DocumentUploaded{Sync: e.turn.Sync, Document: docA, File: d.File}
		x.decide(e, confirm, func(m domain.Matter) ([]domain.Event, error) { return m.Upload(e.turn, d.Approvals, sent) })
	case d.Intent == nil:
		if id, ok := x.shown(aFile, ""); ok && d.Moved && !x.matters.get(e.m).Smokeball.Made {
			x.record(e, document, domain.FileAccepted{Sync: e.turn.Sync, Document: docA, File: id})
			return
		}
		x.ask(e, aFile)
	default:
		if id, ok := x.shown(aFile, ""); ok {
			x.record(e, document, domain.FileAccepted{Sync: e.turn.Sync, Document: docA, File: id, Request: d.Intent.Request})
		} else if x.over(d.Intent.Request) {
			x.abandon(e, document, d.Intent.Request, domain.AbandonedNotSeen)
		} else {
			x.again(e)
		}
	}
}

// intend takes the firm's tokens as they are, and records the intent, unless the steps rely on a
// connection that is no more.
func (x *step) intend(e *worker) {
	e.token = x.s.account
	x.same(e, func() { x.started(e) })
}

// started records the intent. An attempt that is over records none.
func (x *step) started(e *worker) {
	of := func(start func(domain.Matter) ([]domain.Event, error)) {
		x.decide(e, send, func(m domain.Matter) ([]domain.Event, error) {
			facts, err := start(m)
			x.s.late = x.s.late || (err == nil && m.Erased)
			return facts, err
		})
	}
	switch e.kind {
	case aContact:
		m := x.matters.get(x.s.matter)
		if _, err := m.Record(e.turn); err != nil && !x.intendsAnyway {
			x.on(e, idle)
			return
		}
		x.s.late = x.s.late || m.Erased
		x.settle(e, send, func(c domain.Contact) ([]domain.Event, error) {
			return c.Start(domain.ContactCreationStarted{Client: clientA, Request: e.request, Account: accounts[e.account]})
		})
	case aMatter:
		of(func(m domain.Matter) ([]domain.Event, error) {
			return m.StartCreation(e.turn, e.request, accounts[e.account], asWritten)
		})
	case aFile:
		of(func(m domain.Matter) ([]domain.Event, error) {
			return m.StartFile(e.turn, docA, "retainer.pdf", e.request)
		})
	}
}

// send asks for the permit and sends. A call that is kept back takes its intent with it.
func (x *step) send(e *worker) {
	switch {
	case x.anyonesCalls || x.s.permits(x.i):
		x.sent(e, e.token)
	case x.keepsIntents:
		x.on(e, retry)
	default:
		x.undo(e)
	}
}

// undo settles the intent of a call that certainly made nothing.
func (x *step) undo(e *worker) {
	if e.kind == aContact {
		x.settle(e, retry, func(c domain.Contact) ([]domain.Event, error) {
			return c.Abandon(e.request, domain.AbandonedNotSent), nil
		})
		return
	}
	x.abandon(e, retry, e.request, domain.AbandonedNotSent)
}

func (x *step) accept(e *worker) {
	switch e.kind {
	case aContact:
		x.settle(e, client, func(c domain.Contact) ([]domain.Event, error) {
			return c.Accept(domain.ContactAccepted{Contact: e.answer, Client: clientA, Request: e.request, Account: accounts[e.account]})
		})
	case aMatter:
		x.record(e, showing, domain.MatterAccepted{Sync: e.turn.Sync, Matter: e.answer, Request: e.request, Sent: asWritten, Account: accounts[e.account]})
	case aFile:
		x.record(e, document, domain.FileAccepted{Sync: e.turn.Sync, Document: docA, File: e.answer, Request: e.request})
	}
}

func (x *step) confirm(e *worker) {
	m, c := x.matters.get(e.m), x.contacts.get(x.s.contact)
	d, _ := m.Document(docA)
	pending := m.Current != nil && len(m.Current.Contacts) > 0
	_, contact := x.shown(aContact, c.Request)
	file := x.s.shows(d.File)
	switch {
	case m.Current != nil && m.Current.Status == domain.Running && (pending || (d.Uploaded && !d.Confirmed)):
		x.record(e, confirm, domain.SyncConfirming{Sync: e.turn.Sync})
	case pending && c.Settled():
		x.record(e, confirm, domain.ContactSeen{Sync: e.turn.Sync, Contact: c.ID, By: c.By})
	case pending && contact:
		x.settle(e, confirm, func(c domain.Contact) ([]domain.Event, error) { return c.Confirm(c.ID, domain.ByRead), nil })
	case d.Uploaded && !d.Confirmed && file:
		shown := domain.DocumentConfirmed{Sync: e.turn.Sync, Document: docA, File: d.File, By: domain.ByRead}
		x.decide(e, confirm, func(m domain.Matter) ([]domain.Event, error) { return m.ShowFile(e.turn, shown) })
	case (pending || (d.Uploaded && !d.Confirmed)) && x.s.account != e.account:
		x.inVainAll(e, c.ID, d.File)
	case pending || (d.Uploaded && !d.Confirmed):
		x.again(e)
	default:
		x.on(e, finish)
	}
}

func (x *step) finish(e *worker) {
	x.decide(e, idle, func(m domain.Matter) ([]domain.Event, error) { return m.Finish(e.turn, x.walk.matters.get(e.seen)) })
}
