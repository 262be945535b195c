package eventstore

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/casehug/smokeball-sync/domain"
)

func sample() record {
	r := record{stream: "matter.f_1.m_1", version: 7, at: time.Unix(0, 1_793_632_245_678_901_234).UTC(),
		name: "sync.released.v1", data: []byte(`{"sync":"s_1","reason":"again"}`)}
	r.hash = Chain(Hash{1}, r.version, r.at, r.name, r.data)
	return r
}

func TestRecordRoundTrip(t *testing.T) {
	got, err := decodeRecord(encodeRecord(sample(), 6))
	if err != nil || !reflect.DeepEqual(got, sample()) {
		t.Fatalf("got %+v, %v", got, err)
	}
}

// Every single flipped bit of a stored record is noticed.
func TestRecordChecksum(t *testing.T) {
	stored := encodeRecord(sample(), 6)
	for i := range len(stored) * 8 {
		b := bytes.Clone(stored)
		b[i/8] ^= 1 << (i % 8)
		if _, err := decodeRecord(b); err == nil {
			t.Errorf("bit %d of byte %d is flipped and not noticed", i%8, i/8)
		}
	}
}

// TestARecordThatEndsInItsNameIsCutOff: whatever its checksum, a record says where its texts end.
func TestARecordThatEndsInItsNameIsCutOff(t *testing.T) {
	r := sample()
	stored := encodeRecord(r, 6)
	texts := len(stored) - len(r.data)
	for n := recordFixed; n < texts; n++ {
		if _, err := decodeRecord(withChecksum(stored[:n])); !errors.Is(err, errShortRecord) {
			t.Errorf("of %d bytes of its texts %d are there: %v", texts-recordFixed, n-recordFixed, err)
		}
	}
	if got, err := decodeRecord(withChecksum(stored[:texts])); err != nil || len(got.data) != 0 {
		t.Errorf("without data: %+v, %v", got, err)
	}
}

func TestHeadRoundTrip(t *testing.T) {
	for _, h := range []Head{{}, {Seq: 1 << 40, Version: 3, Hash: sample().hash}} {
		if got, err := decodeHead(encodeHead(h)); err != nil || got != h {
			t.Errorf("got %v, %v", got, err)
		}
	}
	if got, err := decodeHead(nil); err != nil || got != (Head{}) {
		t.Errorf("no head: got %v, %v", got, err)
	}
	if _, err := decodeHead([]byte{1, 2, 3}); err == nil {
		t.Error("three bytes are taken for a head")
	}
}

func FuzzDecodeRecord(f *testing.F) {
	stored := encodeRecord(sample(), 6)
	f.Add(stored)
	f.Add(stored[:recordFixed])
	f.Add([]byte{recordFormat})
	f.Add([]byte(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, b := range [][]byte{b, withChecksum(b)} {
			r, err := decodeRecord(b)
			if err != nil {
				continue
			}
			again, err := decodeRecord(encodeRecord(r, before(b)))
			if err != nil || !reflect.DeepEqual(again, r) {
				t.Fatalf("decoded %+v, again %+v, %v", r, again, err)
			}
			// Whatever it holds, reading on from it ends in an event or an error.
			if _, err := r.follow(r.stream, Head{}, 1, nil); err == nil && r.version != 1 {
				t.Fatalf("version %d is taken for the first one", r.version)
			}
		}
	})
}

// withChecksum makes b a record whose checksum is right, so that the fuzzer gets past it.
func withChecksum(b []byte) []byte {
	if len(b) < 5 {
		return b
	}
	b = bytes.Clone(b)
	b[0] = recordFormat
	sum := checksum(b[5:])
	b[1], b[2], b[3], b[4] = byte(sum>>24), byte(sum>>16), byte(sum>>8), byte(sum)
	return b
}

func TestMessageRoundTrip(t *testing.T) {
	r := sample()
	msgs := messages(&pending{parts: []part{{r.stream, Head{Seq: 41}, []record{r, r}, 0}, {r.stream, Head{Seq: 40}, []record{r}, 0}}})
	for i, m := range msgs {
		got, err := parseMessage(m.Subject, m.Header, m.Data)
		if err != nil || !reflect.DeepEqual(got, r) {
			t.Errorf("message %d: got %+v, %v", i, got, err)
		}
		condition := m.Header.Get("Nats-Expected-Last-Subject-Sequence")
		if want := []string{"41", "", "40"}[i]; condition != want {
			t.Errorf("message %d expects last sequence %q, want %q", i, condition, want)
		}
	}
}

func FuzzParseMessage(f *testing.F) {
	m := messages(&pending{parts: []part{{records: []record{sample()}}}})[0]
	f.Add(m.Subject, m.Header.Get(headerEvent), m.Header.Get(headerVersion), m.Header.Get(headerAt), m.Header.Get(headerHash), m.Data)
	f.Add("", "", "-1", "now", "zz", []byte(nil))
	f.Fuzz(func(t *testing.T, subject, name, version, at, hash string, data []byte) {
		h := nats.Header{headerEvent: {name}, headerVersion: {version}, headerAt: {at}, headerHash: {hash}}
		r, err := parseMessage(subject, h, data)
		if err != nil {
			return
		}
		if ledgerSubject+r.stream != subject || r.name != name {
			t.Fatalf("subject %q, name %q became %+v", subject, name, r)
		}
		if env, err := r.envelope(1, nil); err == nil && env.Stream.String() != r.stream {
			t.Fatalf("stream %q became %q", r.stream, env.Stream)
		}
	})
}

// TestAnEventMayBeAsLargeAsTheLimit, and not larger.
func TestAnEventMayBeAsLargeAsTheLimit(t *testing.T) {
	_, empty, err := domain.Marshal(domain.SyncReleased{Sync: "s_1", Reason: "x"})
	if err != nil {
		t.Fatal(err)
	}
	for more, want := range map[int]error{0: nil, 1: ErrTooLarge} {
		e := domain.SyncReleased{Sync: "s_1", Reason: domain.ReleaseReason(strings.Repeat("x", MaxEventSize-len(empty)+1+more))}
		if _, err := seal(Commit{Stream: domain.MatterStream("f_1", "m_1"), At: time.Unix(9, 0), Events: []domain.Event{e}}, nil); !errors.Is(err, want) {
			t.Errorf("of %d bytes: %v", MaxEventSize+more, err)
		}
	}
}
