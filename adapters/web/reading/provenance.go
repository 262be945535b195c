package reading

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// FieldBody is one synced field: its value on both sides, how each is known and since when, and
// which facts brought it.
type FieldBody struct {
	Field     string                 `json:"field"`
	Client    *domain.ClientID       `json:"client_id" doc:"Whose field it is; null: the matter's."`
	CaseHug   string                 `json:"casehug"`
	Smokeball *string                `json:"smokeball" doc:"What Smokeball was last seen to have; null where nothing is known."`
	State     projections.FieldState `json:"state" enum:"same,differs,accepted,not_sent,changing,unknown,empty" doc:"same and differs are said of what was read, or written and confirmed, after the last webhook about it; changing: it may have changed in Smokeball and is being read."`
	KnownBy   *domain.Proof          `json:"known_by" enum:"webhook,read,sweep" doc:"What showed Smokeball's value."`
	KnownAt   *time.Time             `json:"known_at" doc:"When that was recorded."`
	ChangedAt *time.Time             `json:"changed_there_at" doc:"When people changed the field in Smokeball since it was written, as far as it is known; null: nobody has."`
	From      *originBody            `json:"from" doc:"The event that gave CaseHug's value."`
	Mapping   *mappingBody           `json:"mapping" doc:"How CaseHug's value becomes Smokeball's; null: the case type has none yet."`
	Sent      *sentBody              `json:"sent" doc:"The call that wrote the field last; null: none has, as far as it is known."`
	Confirmed *confirmedBody         `json:"confirmed" doc:"What showed last what Smokeball has in the field; null: nothing has."`
	Changed   *changedBody           `json:"changed_there" doc:"What showed that people have changed the field in Smokeball since it was written; null: nothing has."`
	Decided   *decidedBody           `json:"decided" doc:"What a firm admin decided about the field last, while it holds; null: nothing."`
	Accepted  *acceptedBody          `json:"accepted" doc:"Who took Smokeball's value for right; null: nobody. The state accepted without it: Smokeball took CaseHug's value in and has not shown it yet."`
	Repairing *domain.SyncID         `json:"repairing" doc:"The sync that is writing CaseHug's value over Smokeball's; null: none is."`
}

// acceptedBody says who took Smokeball's value for right.
type acceptedBody struct {
	_  struct{}  `nullable:"true"`
	By string    `json:"by" doc:"sub of the firm admin's token, or operator."`
	At time.Time `json:"at"`
}

// originBody is the event that a value came from.
type originBody struct {
	_       struct{}  `nullable:"true"`
	Event   string    `json:"event"`
	Source  string    `json:"source"`
	ID      string    `json:"id"`
	Version int       `json:"version" doc:"Of CaseHug's matter or client."`
	At      time.Time `json:"at"`
	Proof   FactBody  `json:"proof"`
}

// mappingBody says how a value becomes Smokeball's.
type mappingBody struct {
	_        struct{}      `nullable:"true"`
	ID       string        `json:"id" doc:"Of the firm's own case type mapping; else a rule that all firms have: as_is, status_words, staff_by_email, day, type_by_name."`
	Revision int           `json:"revision" doc:"Of the firm's mappings that made it as it was; 0: of a rule that all firms have."`
	Became   *string       `json:"became" doc:"The matter type that the case type became; null for other fields."`
	At       *time.Time    `json:"at" doc:"When the case type was resolved; null for other fields."`
	Proof    *mappingProof `json:"proof" doc:"Null for other fields."`
}

// mappingProof is the fact that a case type was resolved.
type mappingProof struct {
	_ struct{} `nullable:"true"`
	FactBody
}

// sentBody is a call that wrote a value.
type sentBody struct {
	_       struct{}          `nullable:"true"`
	At      time.Time         `json:"at" doc:"When Smokeball's answer was recorded."`
	Method  string            `json:"method"`
	Path    string            `json:"path" doc:"Of Smokeball's API."`
	Request *domain.RequestID `json:"request_id" doc:"That the call carried; null: it is not on record."`
	Sync    *domain.SyncID    `json:"sync_id" doc:"Null for a contact, which belongs to no single sync."`
	Value   string            `json:"value" doc:"As it was written, in Smokeball's words."`
	Proof   FactBody          `json:"proof"`
}

// confirmedBody is what showed a value in Smokeball.
type confirmedBody struct {
	_       struct{}     `nullable:"true"`
	At      time.Time    `json:"at" doc:"When it was recorded."`
	By      domain.Proof `json:"by" enum:"webhook,read,sweep"`
	Webhook *string      `json:"webhook_id" doc:"The newest webhook before the read; null: none is known."`
	Value   string       `json:"value" doc:"As Smokeball has it."`
	Proof   FactBody     `json:"proof"`
}

// changedBody is what showed that people changed a value in Smokeball.
type changedBody struct {
	_     struct{}     `nullable:"true"`
	At    *time.Time   `json:"at" doc:"When they changed it, by Smokeball's clock; null: not told."`
	Seen  time.Time    `json:"seen_at" doc:"When that was recorded."`
	By    domain.Proof `json:"known_by" enum:"webhook,read,sweep"`
	Value string       `json:"value" doc:"As Smokeball had it then."`
	Proof FactBody     `json:"proof"`
}

// decidedBody is what a firm admin decided about a field.
type decidedBody struct {
	_     struct{}            `nullable:"true"`
	What  projections.Decided `json:"what" enum:"accepted,repaired,repair_dropped"`
	By    *string             `json:"by" doc:"sub of the firm admin's token, or operator; null: the engine did."`
	At    time.Time           `json:"at"`
	Sync  *domain.SyncID      `json:"sync_id"`
	Value string              `json:"value" doc:"Smokeball's value that it was decided on."`
	Proof FactBody            `json:"proof"`
}

// FactBody is where a fact stands in the ledger.
type FactBody struct {
	Position uint64 `json:"position" doc:"In the ledger."`
	Stream   string `json:"stream"`
	Version  uint64 `json:"version" doc:"Its place in the stream."`
	Hash     string `json:"hash" doc:"Its link of the stream's hash chain: SHA-256 in hex."`
}

func factOf(f projections.Fact) FactBody {
	return FactBody{Position: f.Position, Stream: f.Stream.String(), Version: f.Version, Hash: f.Hash}
}

// fieldBodies are the fields of a matter as the API shows them.
func fieldBodies(list []projections.Field, traces []projections.Trace) []FieldBody {
	bodies := make([]FieldBody, 0, len(list))
	for _, f := range list {
		b := FieldBody{Field: f.Name, Client: Known(f.Client), CaseHug: f.CaseHug, Smokeball: f.Smokeball, State: f.State,
			KnownBy: Known(f.KnownBy), KnownAt: Known(f.KnownAt), Mapping: rule(f.Name)}
		if a := f.Accepted; a != nil {
			b.Accepted = &acceptedBody{By: a.By, At: a.At}
		}
		b.Repairing = Known(f.Repairing)
		for _, t := range traces {
			if t.Field == f.Name && t.Client == f.Client {
				b.trace(t)
			}
		}
		bodies = append(bodies, b)
	}
	return bodies
}

// The rules that all firms have.
const (
	RuleAsIs   = "as_is"
	RuleStatus = "status_words"
	RuleStaff  = "staff_by_email"
	RuleDay    = "day"
	RuleType   = "type_by_name"
)

// rule is how a field's value becomes Smokeball's in all firms; nil for the case type, which is
// resolved for each matter.
func rule(field string) *mappingBody {
	switch field {
	case domain.FieldCaseType:
		return nil
	case domain.FieldStatus:
		return &mappingBody{ID: RuleStatus}
	case domain.FieldResponsible:
		return &mappingBody{ID: RuleStaff}
	case domain.FieldOpened, domain.FieldClosed:
		return &mappingBody{ID: RuleDay}
	}
	return &mappingBody{ID: RuleAsIs}
}

// trace adds which facts brought the values.
func (b *FieldBody) trace(t projections.Trace) {
	if c := t.From; c != nil {
		b.From = &originBody{Event: c.Event.EventName(), Source: c.Ref.Source, ID: c.Ref.ID, Version: c.Counted, At: c.At, Proof: factOf(c.Fact)}
	}
	if m := t.Mapping; m != nil {
		b.Mapping = &mappingBody{ID: cmp.Or(string(m.ID), RuleType), Revision: m.Revision, Became: &m.TypeName, At: &m.At, Proof: &mappingProof{FactBody: factOf(m.Fact)}}
	}
	if c := t.Sent; c != nil {
		b.Sent = sentOf(c)
	}
	if c := t.Confirmed; c != nil {
		b.Confirmed = confirmedOf(c)
	}
	if c := t.Changed; c != nil {
		b.ChangedAt = Known(c.There)
		b.Changed = &changedBody{At: Known(c.There), Seen: c.At, By: c.By, Value: c.Value, Proof: factOf(c.Fact)}
	}
	if d := t.Decided; d != nil {
		b.Decided = &decidedBody{What: d.What, By: Known(d.By), At: d.At, Sync: Known(d.Sync), Value: d.Value, Proof: factOf(d.Fact)}
	}
}

func sentOf(c *projections.Sent) *sentBody {
	return &sentBody{At: c.At, Method: c.Method, Path: c.Path, Request: Known(c.Request), Sync: Known(c.Sync), Value: c.Value, Proof: factOf(c.Fact)}
}

func confirmedOf(c *projections.Shown) *confirmedBody {
	return &confirmedBody{At: c.At, By: c.By, Webhook: Known(c.Hint.ID), Value: c.Value, Proof: factOf(c.Fact)}
}

// ProvenanceBody tells where the values of a matter come from.
type ProvenanceBody struct {
	Firm       domain.FirmID       `json:"firm_id"`
	Matter     domain.MatterID     `json:"matter_id"`
	Title      string              `json:"title"`
	CaseNumber string              `json:"case_number"`
	Account    *accountProof       `json:"smokeball_account" doc:"That the firm is connected to; null: to none."`
	There      *domain.SmokeballID `json:"smokeball_matter_id"`
	Fields     []FieldBody         `json:"fields" doc:"The matter's, then those of each client, the first one first."`
	Documents  []DocumentProof     `json:"documents"`
	Chains     []chainBody         `json:"chains" doc:"The parts of the ledger that this was read from, each with its last fact: the hash is over all facts before it."`
	Position   uint64              `json:"position" doc:"The ledger position that the answer includes."`
}

// accountProof names a Smokeball account.
type accountProof struct {
	_    struct{} `nullable:"true"`
	ID   string   `json:"id"`
	Name string   `json:"name"`
}

// DocumentProof tells where a document and its file come from.
type DocumentProof struct {
	ID         domain.DocumentID `json:"document_id"`
	FileName   string            `json:"file_name"`
	From       *originBody       `json:"from" doc:"The approval."`
	ApprovedBy *string           `json:"approved_by"`
	Sent       *sentBody         `json:"sent" doc:"The upload; value is the SHA-256 of the bytes that were sent."`
	Confirmed  *confirmedBody    `json:"confirmed"`
}

// chainBody is the last fact of a part of the ledger.
type chainBody struct {
	FactBody
	At time.Time `json:"at"`
}

// Provenances read matters with where their values come from.
type Provenances struct {
	Ledger ports.Provenance
	Rows   ports.Matters
	Fields ports.MatterFields
	Firms  ports.Connections
	Views  ports.Progress
}

// Matter is the row as both sides have the matter.
func (p Provenances) Matter(ctx context.Context, r projections.MatterRow) (MatterBody, error) {
	traced, err := p.Ledger.Provenance(ctx, r.Firm, r.ID, p.Views.Position())
	if err != nil {
		return MatterBody{}, err
	}
	list, err := p.Fields.MatterFields(r)
	return matterWith(r, fieldBodies(list, traced.Fields)), err
}

// Read is where the values of a matter come from, each with its proof.
func (p Provenances) Read(ctx context.Context, firm domain.FirmID, id domain.MatterID) (ProvenanceBody, error) {
	row, err := Matter(p.Rows, firm, id)
	if err != nil {
		return ProvenanceBody{}, err
	}
	traced, err := p.Ledger.Provenance(ctx, firm, id, p.Views.Position())
	if err != nil {
		return ProvenanceBody{}, err
	}
	fields, err := p.Fields.AllFields(row)
	if err != nil {
		return ProvenanceBody{}, err
	}
	of, err := p.Firms.Connection(firm)
	if err != nil {
		return ProvenanceBody{}, err
	}
	b := ProvenanceBody{Firm: firm, Matter: id, Title: row.Matter.Data.Title, CaseNumber: row.Matter.Data.CaseNumber,
		There: Known(row.Matter.Smokeball.ID), Fields: fieldBodies(fields, traced.Fields), Documents: []DocumentProof{}, Chains: []chainBody{}, Position: traced.Position}
	for _, d := range traced.Documents {
		b.Documents = append(b.Documents, documentProof(d))
	}
	for _, f := range traced.Ends {
		b.Chains = append(b.Chains, chainBody{factOf(f), f.At})
	}
	if a := of.Connection.Account; a != (domain.Account{}) {
		b.Account = &accountProof{ID: a.ID, Name: a.Name}
	}
	return b, nil
}

// Facts are those that the record names, in the order of the ledger.
func (b ProvenanceBody) Facts() []FactBody {
	all := map[uint64]FactBody{}
	note := func(f FactBody) { all[f.Position] = f }
	origin := func(o *originBody, s *sentBody, c *confirmedBody) {
		if o != nil {
			note(o.Proof)
		}
		if s != nil {
			note(s.Proof)
		}
		if c != nil {
			note(c.Proof)
		}
	}
	for _, f := range b.Fields {
		origin(f.From, f.Sent, f.Confirmed)
		if f.Mapping != nil && f.Mapping.Proof != nil {
			note(f.Mapping.Proof.FactBody)
		}
		if f.Changed != nil {
			note(f.Changed.Proof)
		}
		if f.Decided != nil {
			note(f.Decided.Proof)
		}
	}
	for _, d := range b.Documents {
		origin(d.From, d.Sent, d.Confirmed)
	}
	return slices.SortedFunc(maps.Values(all), func(a, b FactBody) int { return cmp.Compare(a.Position, b.Position) })
}

// Name puts names in the place of the ids of those who approved and decided, for people.
func (b *ProvenanceBody) Name(of func(subject string) string) {
	for i, d := range b.Documents {
		if d.ApprovedBy != nil {
			b.Documents[i].ApprovedBy = Known(of(*d.ApprovedBy))
		}
	}
	for _, f := range b.Fields {
		if f.Decided != nil && f.Decided.By != nil {
			f.Decided.By = Known(of(*f.Decided.By))
		}
	}
}

func documentProof(d projections.DocumentTrace) DocumentProof {
	b := DocumentProof{ID: d.ID, FileName: d.FileName, ApprovedBy: Known(d.Approved)}
	if c := d.From; c != nil {
		b.From = &originBody{Event: c.Event.EventName(), Source: c.Ref.Source, ID: c.Ref.ID, At: c.At, Proof: factOf(c.Fact)}
	}
	if d.Sent != nil {
		b.Sent = sentOf(d.Sent)
	}
	if d.Confirmed != nil {
		b.Confirmed = confirmedOf(d.Confirmed)
	}
	return b
}

// The states of a document.
const (
	DocumentWaits     = "waiting"   // approved, nothing of it is in Smokeball
	DocumentAnnounced = "announced" // Smokeball expects its bytes
	DocumentUploaded  = "uploaded"  // all bytes are sent
	DocumentConfirmed = "confirmed" // Smokeball shows the file
	DocumentFailed    = "failed"    // the last attempt did not send it
	DocumentRemoved   = "removed"   // people removed it in Smokeball
)

func documentState(d domain.Document) string {
	switch {
	case d.Removed != nil:
		return DocumentRemoved
	case d.Confirmed:
		return DocumentConfirmed
	case d.Failure != nil:
		return DocumentFailed
	case d.Uploaded:
		return DocumentUploaded
	case d.File != "":
		return DocumentAnnounced
	}
	return DocumentWaits
}
