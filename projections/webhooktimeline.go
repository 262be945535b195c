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

// timelinesName is the name of the view.
const timelinesName = "pulses"

func (webhookTimelines) bucket() string { return timelinesName + ".s2" }

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

func (p webhookTimelines) standIn(tx *bbolt.Tx) []byte {
	if tx.Bucket([]byte(p.bucket())) != nil {
		return nil
	}
	return standIn(tx, timelinesName, [][]byte{rowsBucket, failuresBucket})
}

// in is the bucket with the rows that answer.
func (p webhookTimelines) in(tx *snapshot) *bbolt.Bucket {
	if b := tx.Bucket([]byte(p.bucket())); b != nil {
		return b
	}
	return tx.Bucket(p.standIn(tx.Tx))
}

func (p webhookTimelines) table() folding { return &timelineTable{} }

// timelineTable folds the webhook timelines. It has the newest row of each firm in memory.
type timelineTable struct {
	seen           eventstore.Seq
	newest         map[domain.FirmID]*timelineRow
	rows, failures map[string][]byte // since the last flush
}

type timelineRow struct {
	WebhookTimeline
	at uint64 // the moment that its key names
}

func (t *timelineTable) reached() *eventstore.Seq { return &t.seen }

func (t *timelineTable) fold(stored *reader, env eventstore.Envelope, _ *changes) error {
	switch env.Event.(type) {
	case domain.SyncSucceeded, domain.SyncFailed, domain.SmokeballWebhookReceived:
	default:
		return nil
	}
	row, err := t.row(stored, env.Stream.Firm)
	if err != nil {
		return err
	}
	b := Occurrence{Position: uint64(env.Seq), At: env.At}
	firm := string(env.Stream.Firm)
	switch e := env.Event.(type) {
	case domain.SmokeballWebhookReceived:
		row.Webhooks, row.LastWebhook = row.Webhooks+1, b
	case domain.SyncSucceeded:
		row.LastSuccess = b
	case domain.SyncFailed:
		row.LastFailure = b
		if err := putJSON(t.failures, orderKey(firm, b.Position), e.Failure); err != nil {
			return err
		}
	}
	row.at = max(row.at, nanos(env.At))
	return putJSON(t.rows, timelineKey(firm, row.at, b.Position), row.WebhookTimeline)
}

// row is a firm's newest row.
func (t *timelineTable) row(stored *reader, firm domain.FirmID) (*timelineRow, error) {
	if row := t.newest[firm]; row != nil {
		return row, nil
	}
	tx, err := stored.tx()
	if err != nil {
		return nil, err
	}
	row := &timelineRow{}
	rows := tx.Bucket([]byte(webhookTimelines{}.bucket())).Bucket(rowsBucket)
	if row.WebhookTimeline, row.at, err = timelineBefore(tx, rows, string(firm), ^uint64(0)); err != nil {
		return nil, err
	}
	t.newest[firm] = row
	return row, nil
}

func putJSON(values map[string][]byte, key []byte, value any) error {
	data, err := json.Marshal(value)
	values[string(key)] = data
	return err
}

func (t *timelineTable) flush() (*viewWrites, error) {
	w := &viewWrites{view: webhookTimelines{}.bucket(), at: t.seen, in: []bucketWrites{{rowsBucket, t.rows}, {failuresBucket, t.failures}}}
	t.rows, t.failures = map[string][]byte{}, map[string][]byte{}
	return w, nil
}

func (t *timelineTable) settle() {} // nothing is in memory that waits for the file

func (t *timelineTable) forget(tx *bbolt.Tx) {
	*t = timelineTable{seen: checkpointOf(tx.Bucket(checkpoints), webhookTimelines{}.bucket()),
		newest: map[domain.FirmID]*timelineRow{}, rows: map[string][]byte{}, failures: map[string][]byte{}}
}

// nanos is a time as a part of a key: those before 1970 are alike.
func nanos(t time.Time) uint64 { return uint64(max(t.UnixNano(), 0)) }

// timelineKey orders a firm's rows by time, and by position within a moment.
func timelineKey(firm string, at, position uint64) []byte {
	return binary.BigEndian.AppendUint64(orderKey(firm, at), position)
}

// timelineBefore is a firm's newest row of a moment or before, and its moment.
func timelineBefore(tx *snapshot, rows *bbolt.Bucket, firm string, until uint64) (a WebhookTimeline, at uint64, err error) {
	c := rows.Cursor()
	move := c.Prev
	if k, _ := c.Seek(timelineKey(firm, until, ^uint64(0))); k == nil {
		move = c.Last
	}
	k, sealed := move()
	prefix := append([]byte(firm), 0)
	if len(k) != len(prefix)+16 || !bytes.HasPrefix(k, prefix) {
		return a, 0, nil
	}
	data, err := tx.open(timelinesName, rowsBucket, k, sealed)
	if err != nil {
		return a, 0, err
	}
	if err := json.Unmarshal(data, &a); err != nil {
		return a, 0, fmt.Errorf("the webhook timeline of %s: %w", firm, err)
	}
	return a, binary.BigEndian.Uint64(k[len(prefix):]), nil
}

// WebhookRows reads when webhooks and syncs came and ended.
type WebhookRows struct{ *file }

// WebhookTimeline returns what had come and gone at a firm up to and at a moment.
func (v WebhookRows) WebhookTimeline(firm domain.FirmID, until time.Time) (a WebhookTimeline, err error) {
	err = v.view(func(tx *snapshot) (err error) {
		b := webhookTimelines{}.in(tx)
		if a, _, err = timelineBefore(tx, b.Bucket(rowsBucket), string(firm), nanos(until)); err != nil {
			return err
		}
		key := orderKey(string(firm), a.LastFailure.Position)
		data, err := tx.open(timelinesName, failuresBucket, key, b.Bucket(failuresBucket).Get(key))
		if data == nil || err != nil {
			return err
		}
		return json.Unmarshal(data, &a.LastFailure.Failure)
	})
	return a, err
}
