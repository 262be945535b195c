package projections

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"go.etcd.io/bbolt"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// Beat is one moment of a firm's pulse.
type Beat struct {
	Position uint64          `json:"p"`
	At       time.Time       `json:"t"`
	Failure  *domain.Failure `json:"f,omitempty"` // of a sync that failed
}

// PulseRow is what came and went in one hour of a firm: enough to tell how things
// stood at any moment of it.
type PulseRow struct {
	Webhooks  []Beat `json:"webhooks,omitempty"`
	Succeeded []Beat `json:"succeeded,omitempty"` // syncs
	Failed    []Beat `json:"failed,omitempty"`    // syncs
}

// Pulses have one row per firm and hour.
var Pulses = View[PulseRow]{Name: "pulses", Version: 1, Keys: pulseKeys, Fold: foldPulse}

func pulseKeys(env eventstore.Envelope) []string {
	switch env.Event.(type) {
	case domain.SyncSucceeded, domain.SyncFailed, domain.SmokeballWebhookReceived:
		return []string{rowKey(string(env.Stream.Firm), hourKey(env.At))}
	}
	return nil
}

// hourKey orders rows by time.
func hourKey(at time.Time) string { return at.UTC().Format("2006-01-02T15") }

func foldPulse(r PulseRow, env eventstore.Envelope) PulseRow {
	b := Beat{Position: uint64(env.Seq), At: env.At}
	switch e := env.Event.(type) {
	case domain.SmokeballWebhookReceived:
		r.Webhooks = append(r.Webhooks, b)
	case domain.SyncSucceeded:
		r.Succeeded = append(r.Succeeded, b)
	case domain.SyncFailed:
		b.Failure = &e.Failure
		r.Failed = append(r.Failed, b)
	}
	return r
}

// Pulse is what had come and gone at a firm up to a moment.
type Pulse struct {
	Webhooks    int
	LastWebhook Beat // the last ones; zero: none
	LastSuccess Beat
	LastFailure Beat
}

func (a Pulse) with(r PulseRow, until time.Time) Pulse {
	webhooks := upTo(r.Webhooks, until)
	a.Webhooks += len(webhooks)
	a.LastWebhook = last(webhooks, a.LastWebhook)
	a.LastSuccess = last(upTo(r.Succeeded, until), a.LastSuccess)
	a.LastFailure = last(upTo(r.Failed, until), a.LastFailure)
	return a
}

// upTo are the beats that had come by a moment.
func upTo(beats []Beat, until time.Time) []Beat {
	for i, b := range beats {
		if b.At.After(until) {
			return beats[:i]
		}
	}
	return beats
}

func last(beats []Beat, before Beat) Beat {
	if len(beats) == 0 {
		return before
	}
	return beats[len(beats)-1]
}

// Pulse tells what had come and gone at a firm up to and at a moment.
func (v *Views) Pulse(firm domain.FirmID, until time.Time) (a Pulse, err error) {
	prefix, end := []byte(rowKey(string(firm), "")), []byte(rowKey(string(firm), hourKey(until)))
	err = v.db.View(func(tx *bbolt.Tx) error {
		c := tx.Bucket([]byte(Pulses.bucket())).Bucket(rowsBucket).Cursor()
		for k, data := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix) && bytes.Compare(k, end) <= 0; k, data = c.Next() {
			var row PulseRow
			if err := json.Unmarshal(data, &row); err != nil {
				return fmt.Errorf("view %s, row %s: %w", Pulses.Name, k, err)
			}
			a = a.with(row, until)
		}
		return nil
	})
	return a, err
}

// positionKey is a ledger position as a part of a key.
func positionKey(at eventstore.Seq) string { return strconv.FormatUint(uint64(at), 10) }
