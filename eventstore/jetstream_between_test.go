package eventstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/domain"
)

// answers stands between a ledger and the JetStream API: it answers a request itself, or returns nil for
// one that the server is to answer.
type answers func(subject string, body []byte) *nats.Msg

// behind returns the ledger as it is seen through the answers.
func (a answers) behind(t *testing.T, store *JetStream) *JetStream {
	t.Helper()
	nc, prefix := store.js.Conn(), strings.NewReplacer(" ", "_", "/", "_", ".", "_", ",", "_").Replace(t.Name())
	sub, err := nc.Subscribe(prefix+".>", func(m *nats.Msg) {
		subject := strings.TrimPrefix(m.Subject, prefix+".")
		answer := a(subject, m.Data)
		if answer == nil {
			answer = &nats.Msg{Subject: "$JS.API." + subject, Reply: m.Reply, Data: m.Data, Header: m.Header}
		} else {
			answer.Subject = m.Reply
		}
		_ = nc.PublishMsg(answer) // the test sees that no answer came
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sub.Unsubscribe() })
	js, err := jetstream.NewWithAPIPrefix(nc, prefix, jetstream.WithDefaultTimeout(30*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	return &JetStream{js: js, log: slog.New(slog.DiscardHandler), seals: store.seals, form: store.form}
}

// noMessages is how a replica answers that has none of what is asked for.
func noMessages() *nats.Msg {
	return &nats.Msg{Header: nats.Header{"Status": {"404"}, "Description": {"No Messages"}}}
}

// text is an answer of the API.
func text(format string, values ...any) *nats.Msg {
	return &nats.Msg{Data: fmt.Appendf(nil, format, values...)}
}

// twoEvents is a ledger with two events of one stream.
func twoEvents(t *testing.T) (*JetStream, domain.Stream) {
	t.Helper()
	store, stream := openEmbedded(t), domain.MatterStream("f_1", "m_1")
	released := domain.SyncReleased{Sync: "s_1"}
	var head Head
	for range 2 {
		var err error
		if head, err = store.Append(t.Context(), Commit{Stream: stream, Last: head, At: time.Unix(9, 0), Events: []domain.Event{released}}); err != nil {
			t.Fatal(err)
		}
	}
	return store, stream
}

// all counts what a read yields.
func all(events func(func(Envelope, error) bool)) (n int, err error) {
	events(func(_ Envelope, e error) bool {
		if err = e; err == nil {
			n++
		}
		return err == nil
	})
	return n, err
}

// TestReplicasThatLagAreAskedAgain, by both ways to read.
func TestReplicasThatLagAreAskedAgain(t *testing.T) {
	store, stream := twoEvents(t)
	for name, read := range map[string]func(*JetStream) func(func(Envelope, error) bool){
		"a stream": func(j *JetStream) func(func(Envelope, error) bool) { return j.Read(t.Context(), stream) },
		"a kind":   func(j *JetStream) func(func(Envelope, error) bool) { return j.ReadKind(t.Context(), "matter", "f_1") },
	} {
		t.Run(name, func(t *testing.T) {
			var asked atomic.Int32
			lags := answers(func(subject string, _ []byte) *nats.Msg {
				if strings.HasPrefix(subject, "DIRECT.GET.") && asked.Add(1) <= 2 {
					return noMessages()
				}
				return nil
			}).behind(t, store)
			if n, err := all(read(lags)); n != 2 || err != nil || asked.Load() < 3 {
				t.Errorf("%d events after %d questions, %v", n, asked.Load(), err)
			}
		})
	}
}

// TestReplicasThatStayBehindAreSaid: what is missing is damage only if the leader does not have it either.
func TestReplicasThatStayBehindAreSaid(t *testing.T) {
	store, stream := twoEvents(t)
	t.Run("group", func(t *testing.T) {
		for name, c := range map[string]struct {
			leader *nats.Msg // about the event after the last that was read; nil: as it is
			says   string
			damage bool
		}{
			"the leader has it":      {nil, "replicas lag behind the leader after version 0", false},
			"the leader has none":    {text(`{"error":{"code":404,"err_code":10037}}`), "version 1 is missing", true},
			"the leader has a later": {text(`{"message":{"seq":2}}`), "version 1 is missing", true},
			"the leader refuses":     {text(`{"error":{"code":500,"err_code":10100,"description":"a fault"}}`), "a fault", false},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				var from atomic.Uint64
				lags := answers(func(subject string, body []byte) *nats.Msg {
					var asks getRequest
					_ = json.Unmarshal(body, &asks)
					switch {
					case strings.HasPrefix(subject, "DIRECT.GET."):
						return noMessages()
					case strings.HasPrefix(subject, "STREAM.MSG.GET.") && asks.NextFor != "":
						from.Store(asks.Seq)
						if c.leader != nil {
							return &nats.Msg{Data: c.leader.Data}
						}
					}
					return nil
				}).behind(t, store)
				n, err := all(lags.Read(t.Context(), stream))
				if n != 0 || err == nil || !strings.Contains(err.Error(), c.says) || errors.Is(err, ErrDamaged) != c.damage || from.Load() != 1 {
					t.Errorf("%d events, asked from %d: %v", n, from.Load(), err)
				}
			})
		}
		t.Run("of a kind", func(t *testing.T) {
			t.Parallel()
			lags := answers(func(subject string, _ []byte) *nats.Msg {
				if strings.HasPrefix(subject, "DIRECT.GET.") {
					return noMessages()
				}
				return nil
			}).behind(t, store)
			ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
			defer stop()
			if n, err := all(lags.ReadKind(ctx, "matter", "f_1")); n != 0 || err == nil || !strings.Contains(err.Error(), "2 events of ledger.matter.f_1.> are missing") {
				t.Errorf("%d events, %v", n, err)
			}
		})
	})
}

// TestARefusedReadIsNotEmpty: who believed that would take a matter that is known for a new one.
func TestARefusedReadIsNotEmpty(t *testing.T) {
	store, stream := twoEvents(t)
	for _, refused := range []string{"STREAM.MSG.GET.", "STREAM.INFO."} {
		t.Run(refused, func(t *testing.T) {
			j := answers(func(subject string, _ []byte) *nats.Msg {
				if strings.HasPrefix(subject, refused) {
					return text(`{"error":{"code":500,"err_code":10100,"description":"a fault"}}`)
				}
				return nil
			}).behind(t, store)
			read := j.Read(t.Context(), stream)
			if refused == "STREAM.INFO." {
				read = j.ReadKind(t.Context(), "matter", "f_1")
			}
			if n, err := all(read); n != 0 || err == nil || !strings.Contains(err.Error(), "a fault") {
				t.Errorf("%d events, %v", n, err)
			}
		})
	}
}

// TestTheLeaderNamesStreamsPageByPage.
func TestTheLeaderNamesStreamsPageByPage(t *testing.T) {
	store := openEmbedded(t)
	pages := []string{`"ledger.matter.f_1.m_1":2`, `"ledger.matter.f_1.m_2":1,"ledger.matter.f_1.m_3":1`, ``}
	for name, c := range map[string]struct{ total, asked int }{"all": {3, 2}, "fewer than it said, for an event was never stored": {4, 3}} {
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			var offsets []int
			j := answers(func(subject string, body []byte) *nats.Msg {
				var asks struct{ Offset int }
				_ = json.Unmarshal(body, &asks)
				mu.Lock()
				defer mu.Unlock()
				offsets = append(offsets, asks.Offset)
				return text(`{"total":%d,"state":{"subjects":{%s}}}`, c.total, pages[min(len(offsets), len(pages))-1])
			}).behind(t, store)
			got, err := j.versions(t.Context(), "ledger.matter.f_1.>")
			mu.Lock()
			defer mu.Unlock()
			if err != nil || len(got) != 3 || got["ledger.matter.f_1.m_1"] != 2 || fmt.Sprint(offsets) != fmt.Sprint([]int{0, 1, 3}[:c.asked]) {
				t.Errorf("it has %v after questions from %v, %v", got, offsets, err)
			}
		})
	}
}

// TestAStreamThatIsNotKnownForAMomentIsNotRemoved.
func TestAStreamThatIsNotKnownForAMomentIsNotRemoved(t *testing.T) {
	var asked atomic.Int32
	j := answers(func(subject string, _ []byte) *nats.Msg {
		if strings.HasPrefix(subject, "STREAM.INFO.") && asked.Add(1) <= 2 {
			return text(`{"error":{"code":404,"err_code":10059,"description":"stream not found"}}`)
		}
		return nil
	}).behind(t, openEmbedded(t))
	if j.removed(t.Context()) || asked.Load() != 3 {
		t.Errorf("after %d questions it is removed", asked.Load())
	}
}

// TestATailEndsWithItsConnection, which nobody opens again.
func TestATailEndsWithItsConnection(t *testing.T) {
	store, _ := twoEvents(t)
	n := 0
	for env, err := range store.Tail(t.Context(), 0) {
		if err != nil {
			if !errors.Is(err, nats.ErrConnectionClosed) || n != 2 {
				t.Errorf("after %d events it ends with %v", n, err)
			}
			return
		}
		if n++; env.Seq == 2 {
			store.js.Conn().Close()
		}
	}
	t.Error("it ends without an error")
}
