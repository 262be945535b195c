package eventstore_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// between stands between a ledger and the JetStream API, as a cluster that is without a
// leader for a moment: of what it refuses it forwards the second question.
type between struct {
	nc     *nats.Conn
	refuse string // the beginning of what is refused

	mu     sync.Mutex
	asked  map[string]int
	answer string
}

const (
	unsettledAPI = "unsettled"
	nobodyLeads  = `{"error":{"code":503,"err_code":10008,"description":"JetStream system temporarily unavailable"}}`
	notHeardOf   = `{"error":{"code":404,"err_code":10059,"description":"stream not found"}}`
)

func (b *between) handle(m *nats.Msg) {
	subject := strings.TrimPrefix(m.Subject, unsettledAPI+".")
	b.mu.Lock()
	kind := subject
	if strings.HasPrefix(subject, b.refuse) {
		kind = b.refuse // each question for a consumer has another name in its subject
	}
	b.asked[kind]++
	first := b.asked[kind] == 1 && kind == b.refuse
	b.mu.Unlock()
	if first {
		_ = m.Respond([]byte(b.answer)) // the test sees that no answer came
		return
	}
	_ = b.nc.PublishMsg(&nats.Msg{Subject: "$JS.API." + subject, Reply: m.Reply, Data: m.Data, Header: m.Header})
}

// TestALedgerOfAClusterWithoutALeaderIsAskedAgain refuses the first question to open the
// stream, then the first one to read it, then the first one to follow it: for want of a leader, or because
// the leader has not heard of the stream yet.
func TestALedgerOfAClusterWithoutALeaderIsAskedAgain(t *testing.T) {
	for _, r := range []struct{ refuse, answer string }{
		{"STREAM.INFO", nobodyLeads}, {"STREAM.CREATE", nobodyLeads}, {"STREAM.MSG.GET", nobodyLeads}, {"CONSUMER.CREATE", nobodyLeads},
		{"STREAM.INFO", notHeardOf}, {"STREAM.MSG.GET", notHeardOf}, {"CONSUMER.CREATE", notHeardOf},
	} {
		t.Run(r.refuse+" "+r.answer[10:18], func(t *testing.T) {
			nc := connect(t, runServer(t, t.TempDir()))
			b := &between{nc: nc, refuse: r.refuse, asked: map[string]int{}, answer: r.answer}
			if _, err := nc.Subscribe(unsettledAPI+".>", b.handle); err != nil {
				t.Fatal(err)
			}
			js, err := jetstream.NewWithAPIPrefix(nc, unsettledAPI)
			if err != nil {
				t.Fatal(err)
			}
			store, err := eventstore.OpenJetStream(t.Context(), js, eventstore.JetStreamConfig{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { closeStore(t, store) })
			n, _, err := eventstore.Execute(t.Context(), store, func() time.Time { return t0 }, one,
				func(counter) ([]domain.Event, error) { return []domain.Event{domain.SyncReleased{Sync: "s"}}, nil })
			if err != nil || n != 1 {
				t.Errorf("%d events: %v", n, err)
			}
			for _, err := range store.Tail(t.Context(), 0) {
				if err != nil {
					t.Error(err)
				}
				break
			}
		})
	}
}
