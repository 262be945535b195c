package eventstore

import (
	"encoding/hex"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/domain"
)

// TestALedgerIsSealedFromItsFirstEventOn: one that has others stays what it is, because its events can't be
// changed.
func TestALedgerIsSealedFromItsFirstEventOn(t *testing.T) {
	for name, c := range map[string]struct {
		before func(t *testing.T, js jetstream.JetStream) // an engine that does not seal
		sealed bool
	}{
		"a new one":          {func(*testing.T, jetstream.JetStream) {}, true},
		"one without events": {func(t *testing.T, js jetstream.JetStream) { openForm(t, js, nil) }, true},
		"one with an event": {func(t *testing.T, js jetstream.JetStream) {
			plain := openForm(t, js, nil)
			if _, err := plain.Append(t.Context(), Commit{Stream: domain.MatterStream("f_1", "m_1"), At: time.Unix(9, 0), Events: []domain.Event{domain.SyncReleased{Sync: "s_1"}}}); err != nil {
				t.Fatal(err)
			}
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			js := startEmbedded(t)
			c.before(t, js)
			for _, when := range []string{"opened", "opened again"} {
				j := openForm(t, js, turned{})
				if j.IsSealed() != c.sealed || (j.writing() != nil) != c.sealed {
					t.Errorf("%s, it is sealed: %v, and seals: %v", when, j.IsSealed(), j.writing() != nil)
				}
			}
			if plain := openForm(t, js, nil); plain.IsSealed() != c.sealed {
				t.Errorf("opened by an engine that does not seal, it is sealed: %v", plain.IsSealed())
			}
		})
	}
}

func openForm(t *testing.T, js jetstream.JetStream, seals Sealer) *JetStream {
	t.Helper()
	j, err := OpenJetStream(t.Context(), js, JetStreamConfig{Seals: seals})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

// TestAMessageWithoutAHashIsNone.
func TestAMessageWithoutAHashIsNone(t *testing.T) {
	m := message(sample())
	whole := m.Header.Get(headerHash)
	for name, hash := range map[string]string{"none": "", "too short": whole[2:], "too long": whole + "ab", "not hexadecimal": hex.EncodeToString([]byte("x")) + whole[2:len(whole)-1] + "z"} {
		m.Header.Set(headerHash, hash)
		if r, err := parseMessage(m.Subject, m.Header, m.Data); err == nil {
			t.Errorf("%s: it is read as %+v", name, r)
		}
	}
}
