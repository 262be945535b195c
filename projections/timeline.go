package projections

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash/crc32"
	"slices"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/wording"
)

// Moment is something that happened to a matter. What an attempt of a sync repeats is one
// moment, at the last time.
type Moment struct {
	At       time.Time     `json:"at"`
	Event    string        `json:"event"` // its name
	Sync     domain.SyncID `json:"sync,omitempty"`
	Text     string        `json:"text"`
	Position uint64        `json:"position"`
	Code     domain.Code   `json:"code,omitempty"`  // what the sync waits for
	Times    int           `json:"times,omitempty"` // if it happened more than once
	First    time.Time     `json:"first,omitzero"`  // then
	// Failure and Skipped are codes that end the text with a sentence: see Words.
	Failure *domain.Failure   `json:"failure,omitempty"`
	Skipped domain.SkipReason `json:"skipped,omitempty"`
}

// Words are the moment in a sentence for people.
func (m Moment) Words() string {
	switch {
	case m.Failure != nil:
		message, _ := wording.Failure(*m.Failure)
		return m.Text + ": " + message
	case m.Skipped != "":
		return wording.Skipped(m.Skipped)
	}
	return m.Text
}

// Timelines has one row per matter: what happened to it. It stands apart from Matters, whose rows
// every list decodes and whose size does not grow with what happens.
var Timelines = View[TimelineRow]{Name: "timelines", Version: 2, Keys: timelineKeys, Fold: foldTimeline}

// TimelineRow has a matter's moments, newest last: the first 10 and the last 90.
type TimelineRow struct{ list []storedMoment }

// storedMoment is a moment that is encoded when it is written, and decoded when it is read: an event
// changes a long timeline without a look into its other moments.
type storedMoment struct {
	hash uint32 // equal where moments may repeat each other; 0: it repeats none
	data []byte // its stored form; nil: it was not written yet
	now  *Moment
}

func timelineKeys(env eventstore.Envelope) []string {
	if e, ok := env.Event.(domain.HistoryExpired); ok {
		return timelinesOf(env.Stream.Firm, e)
	}
	if _, tells := momentOf(env); !tells {
		return nil
	}
	return matterKeys(env)
}

// A timeline keeps its first moments, which tell where the matter came from, and its last ones.
const firstMoments, lastMoments = 10, 90

func foldTimeline(r TimelineRow, env eventstore.Envelope) TimelineRow {
	if e, ok := env.Event.(domain.HistoryExpired); ok {
		return r.without(e)
	}
	m, tells := momentOf(env)
	if !tells {
		return r
	}
	list, hash := r.list, m.hash()
	for i, s := range list {
		if hash == 0 || s.hash != hash {
			continue
		}
		if earlier, err := s.moment(); err == nil && m.repeats(earlier) {
			m, list = m.after(earlier), slices.Concat(list[:i], list[i+1:])
			break
		}
	}
	if len(list) >= firstMoments+lastMoments {
		list = slices.Concat(list[:firstMoments], list[len(list)-lastMoments+1:])
	}
	return TimelineRow{append(list, storedMoment{hash: hash, now: &m})}
}

// momentOf is what an event tells in a matter's timeline; tells is false for an event that only
// engines need.
func momentOf(env eventstore.Envelope) (m Moment, tells bool) {
	m = Moment{At: env.At, Event: env.Event.EventName(), Sync: syncOf(env.Event), Text: describeEvent(env.Event), Position: uint64(env.Seq)}
	switch e := env.Event.(type) {
	case domain.SyncDeferred:
		m.Code, m.Failure = e.Failure.Code, &e.Failure
	case domain.SyncFailed:
		m.Failure = &e.Failure
	case domain.DocumentFailed:
		m.Failure = &e.Failure
	case domain.SyncSkipped:
		m.Skipped = e.Reason
	}
	return m, m.Text != "" || m.Skipped != ""
}

// hash is equal for moments of which one may repeat the other.
func (m Moment) hash() uint32 {
	if m.Sync == "" {
		return 0
	}
	said := m.Text
	if m.Code != "" {
		said = string(m.Code)
	}
	var buf [256]byte
	text := append(append(append(buf[:0], m.Sync...), 0), m.Event...)
	return max(1, crc32.ChecksumIEEE(append(append(text, 0), said...)))
}

// repeats reports whether the same happened to the same sync in the earlier moment: it waits
// for the same, whatever the words, or did the same again.
func (m Moment) repeats(earlier Moment) bool {
	if m.Sync == "" || m.Sync != earlier.Sync || m.Event != earlier.Event || m.Code != earlier.Code {
		return false
	}
	return m.Code != "" || m.Words() == earlier.Words()
}

// after is the moment that includes the earlier ones, which it repeats.
func (m Moment) after(earlier Moment) Moment {
	m.Times, m.First = max(earlier.Times, 1)+1, earlier.First
	if m.First.IsZero() {
		m.First = earlier.At
	}
	return m
}

func (s storedMoment) moment() (m Moment, err error) {
	if s.now != nil {
		return *s.now, nil
	}
	err = json.Unmarshal(s.data, &m)
	return m, err
}

func timelineOf(tx *snapshot, key string) (list []Moment, err error) {
	r, _, err := get(tx, Timelines, key)
	if err != nil {
		return nil, err
	}
	for _, s := range r.list {
		m, err := s.moment()
		if err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, nil
}

// MarshalBinary is the stored form of the row: of each moment the hash, the length, and itself as
// JSON.
func (r TimelineRow) MarshalBinary() (data []byte, err error) {
	size := 0
	for i := range r.list {
		s := &r.list[i]
		if s.now != nil {
			if s.data, err = json.Marshal(s.now); err != nil {
				return nil, err
			}
			s.now = nil
		}
		size += len(s.data) + 4 + binary.MaxVarintLen32
	}
	data = make([]byte, 0, size)
	for _, s := range r.list {
		data = binary.AppendUvarint(binary.BigEndian.AppendUint32(data, s.hash), uint64(len(s.data)))
		data = append(data, s.data...)
	}
	return data, nil
}

var errTimeline = errors.New("a timeline's row ends within a moment")

// UnmarshalBinary reads the stored form.
func (r *TimelineRow) UnmarshalBinary(data []byte) error {
	data, r.list = slices.Clone(data), nil
	for len(data) > 0 {
		if len(data) < 4 {
			return errTimeline
		}
		hash := binary.BigEndian.Uint32(data)
		size, n := binary.Uvarint(data[4:])
		data = data[min(4+max(n, 0), len(data)):]
		if n <= 0 || size > uint64(len(data)) {
			return errTimeline
		}
		r.list = append(r.list, storedMoment{hash: hash, data: data[:size:size]})
		data = data[size:]
	}
	return nil
}
