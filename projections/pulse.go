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

// Beat is one moment of a firm's pulse.
type Beat struct {
	Position uint64          `json:"p"`
	At       time.Time       `json:"t"`
	Failure  *domain.Failure `json:"-"` // of a sync that failed
}

// Pulse is what had come and gone at a firm up to a moment.
type Pulse struct {
	Webhooks    int  `json:"n,omitempty"`
	LastWebhook Beat `json:"w,omitzero"` // the last ones; zero: none
	LastSuccess Beat `json:"s,omitzero"`
	LastFailure Beat `json:"f,omitzero"`
}

// pulses have the firm's pulse after each event that changes it, in the order of the
// ledger: one small row for an event, however many came before. A clock that went back
// does not change the order.
type pulses struct{}

var failuresBucket = []byte("failures")

func (pulses) bucket() string { return "pulses.v2" }

func (p pulses) create(tx *bbolt.Tx) error {
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

func (p pulses) fold(tx *bbolt.Tx, env eventstore.Envelope, _ *changes) error {
	b := Beat{Position: uint64(env.Seq), At: env.At}
	rows := tx.Bucket([]byte(p.bucket())).Bucket(rowsBucket)
	firm := string(env.Stream.Firm)
	var a Pulse
	var at uint64
	switch env.Event.(type) {
	case domain.SyncSucceeded, domain.SyncFailed, domain.SmokeballWebhookReceived:
		var err error
		if a, at, err = pulseBefore(rows, firm, ^uint64(0)); err != nil {
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
	return rows.Put(pulseKey(firm, max(at, nanos(env.At)), b.Position), data)
}

func (p pulses) putFailure(tx *bbolt.Tx, firm string, position uint64, f domain.Failure) error {
	data, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return tx.Bucket([]byte(p.bucket())).Bucket(failuresBucket).Put(orderKey(firm, position), data)
}

// nanos is a time as a part of a key: those before 1970 are alike.
func nanos(t time.Time) uint64 { return uint64(max(t.UnixNano(), 0)) }

// pulseKey orders a firm's rows by time, and by position within a moment.
func pulseKey(firm string, at, position uint64) []byte {
	return binary.BigEndian.AppendUint64(orderKey(firm, at), position)
}

// pulseBefore is a firm's newest row of a moment or before, and its moment.
func pulseBefore(rows *bbolt.Bucket, firm string, until uint64) (a Pulse, at uint64, err error) {
	c := rows.Cursor()
	move := c.Prev
	if k, _ := c.Seek(pulseKey(firm, until, ^uint64(0))); k == nil {
		move = c.Last
	}
	k, data := move()
	prefix := append([]byte(firm), 0)
	if len(k) != len(prefix)+16 || !bytes.HasPrefix(k, prefix) {
		return a, 0, nil
	}
	if err := json.Unmarshal(data, &a); err != nil {
		return a, 0, fmt.Errorf("the pulse of %s: %w", firm, err)
	}
	return a, binary.BigEndian.Uint64(k[len(prefix):]), nil
}

// Pulse tells what had come and gone at a firm up to and at a moment.
func (v *Views) Pulse(firm domain.FirmID, until time.Time) (a Pulse, err error) {
	err = v.db.View(func(tx *bbolt.Tx) (err error) {
		b := tx.Bucket([]byte(pulses{}.bucket()))
		if a, _, err = pulseBefore(b.Bucket(rowsBucket), string(firm), nanos(until)); err != nil {
			return err
		}
		if data := b.Bucket(failuresBucket).Get(orderKey(string(firm), a.LastFailure.Position)); data != nil {
			return json.Unmarshal(data, &a.LastFailure.Failure)
		}
		return nil
	})
	return a, err
}
