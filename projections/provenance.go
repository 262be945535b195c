package projections

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// Provenance tells where the values of a matter come from: each with the facts that prove it.
type Provenance struct {
	Firm      domain.FirmID
	Matter    domain.MatterID
	Fields    []Trace // the matter's, then those of each client, the first one first
	Documents []DocumentTrace
	Ends      []Fact // the last fact of each stream that it was read from: its hash is over all before it
	Position  uint64 // of the ledger, that it includes
}

// Trace tells where the values of one field come from. Each part is a fact of the ledger; nil: there
// is none.
type Trace struct {
	Field     string
	Client    domain.ClientID // whose it is; "": the matter's
	CaseHug   string
	From      *Cause    // the event that gave CaseHug's value
	Mapping   *Mapped   // how it becomes Smokeball's
	Sent      *Sent     // the call that wrote it last
	Confirmed *Shown    // what showed last what Smokeball has
	Changed   *Shown    // what showed that people have changed it there since it was written
	Decided   *Decision // what a firm admin decided about it last

	before *Sent // while a change waits to be seen: what was written before it
}

// Cause is the event of CaseHug that gave a value.
type Cause struct {
	Fact
	Ref        domain.EventRef
	Counted    int // the version of CaseHug's matter or client
	Value      string
	matterTold domain.MatterID // by a client's fact that repeats what this matter's event told
}

// Mapped says how CaseHug's case type became Smokeball's matter type.
type Mapped struct {
	Fact
	How      domain.How
	ID       domain.MappingID // of the firm's own mapping; "": the type was found by its name
	Revision int              // of the firm's mappings, that made it as it was
	TypeID   string
	TypeName string
}

// Sent is a call that wrote a value to Smokeball.
type Sent struct {
	Fact         // that Smokeball had taken it in
	Method, Path string
	Request      domain.RequestID
	Sync         domain.SyncID // "": of a contact, which several syncs may write
	Value        string        // as Smokeball has it
}

// Shown is what showed a value in Smokeball.
type Shown struct {
	Fact
	By    domain.Proof
	Hint  domain.EventRef // the webhook before the read; zero: none is known
	There time.Time       // when people changed it, by Smokeball's clock; zero: not known
	Value string          // as Smokeball has it
}

// Decision is what a firm admin decided about a difference.
type Decision struct {
	Fact
	What  Decided
	By    string
	Sync  domain.SyncID // of a repair
	Value string        // Smokeball's value that it was decided on
}

// Decided names a decision.
type Decided string

// The decisions.
const (
	DecidedAccept Decided = "accepted"       // Smokeball's value is right
	DecidedRepair Decided = "repaired"       // CaseHug's value is to be written
	DecidedDrop   Decided = "repair_dropped" // it was not written after all
)

// DocumentTrace tells where a document and its file come from.
type DocumentTrace struct {
	ID        domain.DocumentID
	FileName  string
	From      *Cause // the approval; its value is the digest that was approved
	Approved  string // by whom
	Sent      *Sent  // the upload; its value is the digest of the bytes
	Confirmed *Shown
}

// Provenance reads from the ledger's streams where the values of a matter come from, up to a
// position. A stream whose hash chain is broken is an error.
func (p Past) Provenance(ctx context.Context, firm domain.FirmID, id domain.MatterID, until uint64) (Provenance, error) {
	r := factReader{ctx: ctx, ledger: p.Ledger, until: until, firm: firm}
	facts := r.read(domain.MatterStream(firm, id))
	t := newTracing(firm, id)
	for _, c := range clientsIn(facts) {
		told := r.read(domain.ClientStream(firm, c))
		facts = append(facts, told...)
		for _, key := range contactKeys(told) {
			facts = append(facts, r.read(domain.ContactStream(firm, key))...)
			t.shares(key, c)
		}
	}
	slices.SortStableFunc(facts, func(a, b Fact) int { return cmp.Compare(a.Position, b.Position) })
	for _, f := range facts {
		t.fold(f)
	}
	done := t.provenance()
	for i := range done.Fields {
		done.Fields[i].From = r.told(done.Fields[i])
	}
	done.Ends, done.Position = r.ends, r.until
	return done, r.err
}

// factReader reads streams up to a position, and remembers the first error.
type factReader struct {
	ctx    context.Context
	ledger eventstore.Store
	until  uint64
	firm   domain.FirmID
	ends   []Fact
	err    error
}

func (r *factReader) read(s domain.Stream) (facts []Fact) {
	if r.err != nil || slices.ContainsFunc(r.ends, func(e Fact) bool { return e.Stream == s }) {
		return nil
	}
	for env, err := range r.ledger.Read(r.ctx, s) {
		if err != nil {
			r.err = fmt.Errorf("read %s: %w", s, err)
			return nil
		}
		if uint64(env.Seq) > r.until {
			break
		}
		facts = append(facts, factOf(env))
	}
	if n := len(facts); n > 0 {
		r.ends = append(r.ends, facts[n-1])
	}
	return facts
}

// told is the field's cause. Where a client's fact repeats what an event about a matter told, it is that
// event.
func (r *factReader) told(t Trace) *Cause {
	c := t.From
	if c == nil || c.matterTold == "" {
		return c
	}
	for env, err := range r.ledger.Read(r.ctx, domain.MatterStream(r.firm, c.matterTold)) {
		if err != nil {
			r.err = fmt.Errorf("read matter %s: %w", c.matterTold, err)
			return c
		}
		ref, d, ok := announced(env.Event)
		if !ok {
			continue
		}
		for _, client := range d.Clients() {
			if client.ID == t.Client && client.Version == c.Counted && client.Value(t.Field) == c.Value {
				return &Cause{Fact: factOf(env), Ref: ref, Counted: d.Version, Value: c.Value}
			}
		}
	}
	return c
}

// announced is what CaseHug said of a matter.
func announced(e domain.Event) (domain.EventRef, domain.MatterData, bool) {
	switch e := e.(type) {
	case domain.MatterCreated:
		return e.Origin, e.Matter, true
	case domain.MatterUpdated:
		return e.Origin, e.Matter, true
	}
	return domain.EventRef{}, domain.MatterData{}, false
}

// clientsIn are the clients that the matter had at the end of its facts, the first one first.
func clientsIn(facts []Fact) (ids []domain.ClientID) {
	for _, f := range slices.Backward(facts) {
		_, d, ok := announced(f.Event)
		if !ok {
			continue
		}
		for _, c := range d.Clients() {
			if !slices.Contains(ids, c.ID) {
				ids = append(ids, c.ID)
			}
		}
		return ids
	}
	return nil
}

// contactKeys are those under which the client's contact was kept.
func contactKeys(facts []Fact) (keys []domain.ContactKey) {
	for _, f := range facts {
		if l, ok := f.Event.(domain.ClientLinked); ok && !slices.Contains(keys, l.Key) {
			keys = append(keys, l.Key)
		}
	}
	return keys
}
