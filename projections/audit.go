package projections

import (
	"encoding/hex"
	"strconv"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/wording"
)

// AuditRow is what somebody did or was refused, with the event that proves it.
type AuditRow struct {
	Firm     domain.FirmID   `json:"firm"`
	Position uint64          `json:"position"` // of the event
	Event    string          `json:"event"`    // its name
	Hash     string          `json:"hash"`     // its link of the hash chain, in hex
	At       time.Time       `json:"at"`
	Last     time.Time       `json:"last"`  // of a refusal: when its repetitions were last counted
	Times    int             `json:"times"` // that a refusal was repeated within a minute, and 1
	Actor    string          `json:"actor"`
	Name     string          `json:"name,omitempty"`
	Role     domain.Role     `json:"role,omitempty"`
	Action   domain.Action   `json:"action"`
	Target   string          `json:"target,omitempty"`
	Code     domain.Code     `json:"code,omitempty"`    // of a refusal
	Reason   string          `json:"reason,omitempty"`  // of a refusal, where the fact has it in words
	Failure  *domain.Failure `json:"failure,omitempty"` // of a refusal, where the fact has it in codes
}

// Why is the reason of a refusal in a sentence.
func (r AuditRow) Why() string {
	if r.Failure == nil {
		return r.Reason
	}
	message, _ := wording.Failure(*r.Failure)
	return message
}

// Outcome is done or refused.
func (r AuditRow) Outcome() domain.AuditOutcome { return domain.AuditEntry{Code: r.Code}.Outcome() }

// Audit lists what people did and what they were refused.
var Audit = View[AuditRow]{Name: "audit", Version: 5, Keys: auditKeys, Fold: foldAudit,
	Order: func(r AuditRow) (string, uint64) { return string(r.Firm), r.Position },
	When:  func(r AuditRow) time.Time { return r.At },
	Gone:  func(r AuditRow) bool { return r.Position == 0 },
	Lists: func(r AuditRow) []string {
		return subsets(named("actor", r.Actor), named("action", string(r.Action)), named("outcome", string(r.Outcome())))
	}}

func auditKeys(env eventstore.Envelope) []string {
	if e, ok := env.Event.(domain.AuditExpired); ok {
		keys := make([]string, len(e.Entries))
		for i, entry := range e.Entries {
			keys[i] = rowKey(string(env.Stream.Firm), string(entry))
		}
		return keys
	}
	if _, ok := domain.AuditEntryOf(env.Stream, env.Event); !ok {
		return nil
	}
	if refused, ok := env.Event.(domain.RequestRefused); ok {
		return []string{rowKey(string(env.Stream.Firm), refused.Key())}
	}
	return []string{rowKey(string(env.Stream.Firm), positionKey(env.Seq))}
}

func foldAudit(r AuditRow, env eventstore.Envelope) AuditRow {
	if _, expired := env.Event.(domain.AuditExpired); expired {
		return AuditRow{}
	}
	d, _ := domain.AuditEntryOf(env.Stream, env.Event)
	times := r.Times + d.Times
	if r.Position == 0 {
		r = AuditRow{Firm: env.Stream.Firm, Position: uint64(env.Seq), Event: env.Event.EventName(), Hash: hex.EncodeToString(env.Hash[:]), At: env.At,
			Actor: d.Actor, Name: d.Name, Role: d.Role, Action: d.Action, Target: d.Target, Code: d.Code, Reason: d.Reason, Failure: d.Failure}
	}
	r.Times, r.Last = times, env.At
	return r
}

// AuditQuery chooses from a firm's audit trail; what is zero chooses all.
type AuditQuery struct {
	Actor   string
	Action  domain.Action
	Outcome domain.AuditOutcome
	From    time.Time // at or after
	To      time.Time // before
	Before  uint64    // position
	Limit   int
}

func (q AuditQuery) choice() choice {
	c := choice{from: q.From, to: q.To, before: q.Before, limit: q.Limit}
	var parts []string
	for _, part := range [][2]string{{"actor", q.Actor}, {"action", string(q.Action)}, {"outcome", string(q.Outcome)}} {
		if part[1] != "" {
			parts = append(parts, named(part[0], part[1]))
		}
	}
	if len(parts) > 0 {
		c.lists = [][]string{{subset(parts...)}}
	}
	return c
}

// AuditRows reads the audit trail.
type AuditRows struct{ *file }

// Audit lists a firm's trail, newest first. next is where the rest begins; 0: there is none.
func (v AuditRows) Audit(firm domain.FirmID, q AuditQuery) (list []AuditRow, next uint64, err error) {
	err = v.view(func(tx *snapshot) error {
		f, err := find(tx, Audit, string(firm), q.choice())
		list, next = f.rows, f.next
		return err
	})
	return list, next, err
}

// positionKey is a ledger position as a part of a key.
func positionKey(at eventstore.Seq) string { return strconv.FormatUint(uint64(at), 10) }
