package projections

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// Occurrence is one moment of a firm's webhook timeline.
type Occurrence struct {
	Position uint64          `json:"p"`
	At       time.Time       `json:"t"`
	Failure  *domain.Failure `json:"-"` // of a sync that failed
}

// WebhookTimeline is what had come and gone at a firm up to a moment.
type WebhookTimeline struct {
	Webhooks    int        `json:"n,omitempty"`
	LastWebhook Occurrence `json:"w,omitzero"` // the last ones; zero: none
	LastSuccess Occurrence `json:"s,omitzero"`
	LastFailure Occurrence `json:"f,omitzero"`
}

// webhookTimelines have the firm's webhook timeline after each event that changes it, in the order of the
// ledger: one small row for an event, however many came before. A clock that went back
// does not change the order.
type webhookTimelines struct{}

var failuresBucket = []byte("failures")

func (webhookTimelines) bucket() string { return "pulses.v2" }

func (p webhookTimelines) create(tx *bbolt.Tx) error {
	b, err := tx.CreateBucketIfNotExists([]byte(p.bucket()))
	if err != nil {
		return err
	}
	if _, err := b.CreateBucketIfNotExists(rowsBucket); err != nil {
		return err
	}
	_, err = b.CreateBucketIfNotExists(failuresBucket)
	return err
}

func (p webhookTimelines) fold(tx *bbolt.Tx, env eventstore.Envelope, _ *changes) error {
	b := Occurrence{Position: uint64(env.Seq), At: env.At}
	rows := tx.Bucket([]byte(p.bucket())).Bucket(rowsBucket)
	firm := string(env.Stream.Firm)
	var a WebhookTimeline
	var at uint64
	switch env.Event.(type) {
	case domain.SyncSucceeded, domain.SyncFailed, domain.SmokeballWebhookReceived:
		var err error
		if a, at, err = timelineBefore(rows, firm, ^uint64(0)); err != nil {
			return err
		}
	default:
		return nil
	}
	switch e := env.Event.(type) {
	case domain.SmokeballWebhookReceived:
		a.Webhooks, a.LastWebhook = a.Webhooks+1, b
	case domain.SyncSucceeded:
		a.LastSuccess = b
	case domain.SyncFailed:
		a.LastFailure = b
		if err := p.putFailure(tx, firm, b.Position, e.Failure); err != nil {
			return err
		}
	}
	data, err := json.Marshal(a)
	if err != nil {
		return err
	}
	return rows.Put(timelineKey(firm, max(at, nanos(env.At)), b.Position), data)
}

func (p webhookTimelines) putFailure(tx *bbolt.Tx, firm string, position uint64, f domain.Failure) error {
	data, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return tx.Bucket([]byte(p.bucket())).Bucket(failuresBucket).Put(orderKey(firm, position), data)
}

// nanos is a time as a part of a key: those before 1970 are alike.
func nanos(t time.Time) uint64 { return uint64(max(t.UnixNano(), 0)) }

// timelineKey orders a firm's rows by time, and by position within a moment.
func timelineKey(firm string, at, position uint64) []byte {
	return binary.BigEndian.AppendUint64(orderKey(firm, at), position)
}

// timelineBefore is a firm's newest row of a moment or before, and its moment.
func timelineBefore(rows *bbolt.Bucket, firm string, until uint64) (a WebhookTimeline, at uint64, err error) {
	c := rows.Cursor()
	move := c.Prev
	if k, _ := c.Seek(timelineKey(firm, until, ^uint64(0))); k == nil {
		move = c.Last
	}
	k, data := move()
	prefix := append([]byte(firm), 0)
	if len(k) != len(prefix)+16 || !bytes.HasPrefix(k, prefix) {
		return a, 0, nil
	}
	if err := json.Unmarshal(data, &a); err != nil {
		return a, 0, fmt.Errorf("the webhook timeline of %s: %w", firm, err)
	}
	return a, binary.BigEndian.Uint64(k[len(prefix):]), nil
}

// WebhookTimeline returns what had come and gone at a firm up to and at a moment.
func (v *Views) WebhookTimeline(firm domain.FirmID, until time.Time) (a WebhookTimeline, err error) {
	err = v.db.View(func(tx *bbolt.Tx) (err error) {
		b := tx.Bucket([]byte(webhookTimelines{}.bucket()))
		if a, _, err = timelineBefore(b.Bucket(rowsBucket), string(firm), nanos(until)); err != nil {
			return err
		}
		if data := b.Bucket(failuresBucket).Get(orderKey(string(firm), a.LastFailure.Position)); data != nil {
			return json.Unmarshal(data, &a.LastFailure.Failure)
		}
		return nil
	})
	return a, err
}
