package projections

import (
	"encoding/hex"
	"strconv"
	"time"

	"go.etcd.io/bbolt"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// AuditRow is what somebody did or was refused, with the event that proves it.
type AuditRow struct {
	Firm     domain.FirmID `json:"firm"`
	Position uint64        `json:"position"` // of the event
	Event    string        `json:"event"`    // its name
	Hash     string        `json:"hash"`     // its link of the hash chain, in hex
	At       time.Time     `json:"at"`
	Last     time.Time     `json:"last"`  // of a refusal: when its repetitions were last counted
	Times    int           `json:"times"` // that a refusal was repeated within a minute, and 1
	Actor    string        `json:"actor"`
	Name     string        `json:"name,omitempty"`
	Role     domain.Role   `json:"role,omitempty"`
	Action   domain.Action `json:"action"`
	Target   string        `json:"target,omitempty"`
	Code     domain.Code   `json:"code,omitempty"`   // of a refusal
	Reason   string        `json:"reason,omitempty"` // of a refusal
}

// Outcome is done or refused.
func (r AuditRow) Outcome() domain.AuditOutcome { return domain.AuditEntry{Code: r.Code}.Outcome() }

// Audit lists what people did and what they were refused.
var Audit = View[AuditRow]{Name: "audit", Version: 3, Keys: auditKeys, Fold: foldAudit,
	Order: func(r AuditRow) (string, uint64) { return string(r.Firm), r.Position }}

func auditKeys(env eventstore.Envelope) []string {
	if _, ok := domain.AuditEntryOf(env.Stream, env.Event); !ok {
		return nil
	}
	if refused, ok := env.Event.(domain.RequestRefused); ok {
		return []string{rowKey(string(env.Stream.Firm), refused.Key())}
	}
	return []string{rowKey(string(env.Stream.Firm), positionKey(env.Seq))}
}

func foldAudit(r AuditRow, env eventstore.Envelope) AuditRow {
	d, _ := domain.AuditEntryOf(env.Stream, env.Event)
	times := r.Times + d.Times
	if r.Position == 0 {
		r = AuditRow{Firm: env.Stream.Firm, Position: uint64(env.Seq), Event: env.Event.EventName(), Hash: hex.EncodeToString(env.Hash[:]), At: env.At,
			Actor: d.Actor, Name: d.Name, Role: d.Role, Action: d.Action, Target: d.Target, Code: d.Code, Reason: d.Reason}
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

func (q AuditQuery) wants(r AuditRow) bool {
	return (q.Actor == "" || q.Actor == r.Actor) && (q.Action == "" || q.Action == r.Action) &&
		(q.Outcome == "" || q.Outcome == r.Outcome()) &&
		(q.From.IsZero() || !r.At.Before(q.From)) && (q.To.IsZero() || r.At.Before(q.To))
}

// Audit lists a firm's trail, newest first. next is where the rest begins; 0: there is none.
func (v *Views) Audit(firm domain.FirmID, q AuditQuery) (list []AuditRow, next uint64, err error) {
	err = v.db.View(func(tx *bbolt.Tx) error {
		return newest(tx, Audit, string(firm), q.Before, func(r AuditRow) bool {
			if !q.wants(r) {
				return true
			}
			if len(list) == q.Limit {
				next = list[len(list)-1].Position
				return false
			}
			list = append(list, r)
			return true
		})
	})
	return list, next, err
}

// positionKey is a ledger position as a part of a key.
func positionKey(at eventstore.Seq) string { return strconv.FormatUint(uint64(at), 10) }
