package bus_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/adapters/bus"
)

// state is everything that tenants could change: each stream's messages and consumers.
func state(t testing.TB, b *bus.Bus) string {
	t.Helper()
	var out strings.Builder
	list := b.JetStream().ListStreams(brief(t))
	for info := range list.Info() {
		fmt.Fprintln(&out, info.Config.Name, info.State.Msgs, info.State.LastSeq, info.State.NumDeleted, info.State.Consumers)
	}
	if list.Err() != nil {
		t.Fatal(list.Err())
	}
	return out.String()
}

// furnish gives each stream something that tenants might be after, the ledger too.
func furnish(t testing.TB, b *bus.Bus) {
	t.Helper()
	if _, err := b.JetStream().CreateStream(brief(t), jetstream.StreamConfig{Name: "LEDGER", Subjects: []string{"ledger.>"}, AllowDirect: true}); err != nil {
		t.Fatal(err)
	}
	for _, subject := range []string{"ledger.f1", "casehug.f2.matter.created", "smokeball.f1.webhook.noop", "sync.f2.matter.synced"} {
		say(t, b, subject, "secret")
	}
	tokens, err := b.JetStream().KeyValue(brief(t), bus.Tokens)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tokens.PutString(brief(t), "f1", "secret"); err != nil {
		t.Fatal(err)
	}
	store, err := b.JetStream().ObjectStore(brief(t), bus.Documents)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.PutString(brief(t), "d_1", "secret"); err != nil {
		t.Fatal(err)
	}
}

// attempt is a request that a tenant makes with raw messages, body as JSON.
type attempt struct {
	subject string
	body    string
}

func create(stream, config string) string {
	return fmt.Sprintf(`{"stream_name":%q,"config":%s}`, stream, config)
}

func attempts() []attempt {
	const api = "$JS.API."
	pull := `{"ack_policy":"none"}`
	var list []attempt
	for _, s := range []string{"LEDGER", bus.Inbox, "KV_" + bus.Tokens, "KV_" + bus.Leases, "OBJ_" + bus.Documents, "OUTBOXX", "LEDGER." + bus.Outbox} {
		list = append(list,
			attempt{api + "CONSUMER.CREATE." + s, create(s, pull)},
			attempt{api + "CONSUMER.CREATE." + s + ".spy", create(s, `{"name":"spy","ack_policy":"none"}`)},
			attempt{api + "CONSUMER.CREATE." + s + ".spy.sync.>", create(s, `{"name":"spy","filter_subject":"sync.>","ack_policy":"none"}`)},
			attempt{api + "CONSUMER.DURABLE.CREATE." + s + ".spy", create(s, `{"durable_name":"spy","ack_policy":"none"}`)},
			attempt{api + "CONSUMER.LIST." + s, ""}, attempt{api + "CONSUMER.NAMES." + s, ""},
			attempt{api + "STREAM.MSG.GET." + s, `{"seq":1}`}, attempt{api + "DIRECT.GET." + s, `{"seq":1}`},
			attempt{api + "STREAM.DELETE." + s, ""}, attempt{api + "STREAM.PURGE." + s, ""}, attempt{api + "STREAM.PURGE." + s, "{}"},
			attempt{api + "STREAM.MSG.DELETE." + s, `{"seq":1}`}, attempt{api + "STREAM.SNAPSHOT." + s, `{"deliver_subject":"_INBOX.x"}`},
			attempt{api + "STREAM.UPDATE." + s, fmt.Sprintf(`{"name":%q,"subjects":["casehug.>"],"republish":{"dest":"sync.x"}}`, s)},
		)
	}
	return append(list, hostileConsumers()...)
}

func hostileConsumers() []attempt {
	const (
		api     = "$JS.API."
		outbox  = api + "CONSUMER.CREATE." + bus.Outbox
		objects = "OBJ_" + bus.Documents
	)
	push := func(to string) attempt {
		return attempt{outbox, create(bus.Outbox, fmt.Sprintf(`{"deliver_subject":%q,"ack_policy":"none"}`, to))}
	}
	return []attempt{
		push("casehug.f1.matter.created"), push("smokeball.f1.webhook.noop"), push("_ENGINE.inbox.x"), push("_ENGINE.gate.open.x"),
		push("$JS.API.STREAM.DELETE.LEDGER"), push("$KV.engine-tokens.f1"), push("ledger.f1"), push("_INBOX.>"), push("_INBOX.*"), push("sync.f1.x"), push("_GUEST.open._INBOX.x"),
		{outbox, create(bus.Outbox, `{"Deliver_Subject":"ledger.f1","ack_policy":"none"}`)},
		{outbox, create(bus.Outbox, `{"deliver_subject":["ledger.f1"],"ack_policy":"none"}`)},
		{outbox, `{"stream_name":"OUTBOX","config":{"ack_policy":"none"},"CONFIG":{"deliver_subject":"ledger.f1"}}`},
		{outbox, create("LEDGER", `{"ack_policy":"none"}`)},
		{outbox, create(bus.Outbox, `{"direct":true,"ack_policy":"none"}`)},
		{outbox + ".a", create(bus.Outbox, `{"name":"b","ack_policy":"none"}`)},
		{outbox, `null`}, {outbox, `{"config":null}`}, {outbox, ``}, {outbox, `[]`},
		{api + "CONSUMER.DELETE." + bus.Inbox + "." + bus.Intake, ""}, {api + "CONSUMER.MSG.NEXT." + bus.Inbox + "." + bus.Intake, "1"},
		{api + "CONSUMER.INFO." + bus.Inbox + "." + bus.Intake, ""}, {api + "CONSUMER.PAUSE." + bus.Inbox + "." + bus.Intake, `{"pause_until":"2099-01-01T00:00:00Z"}`},
		{api + "CONSUMER.DELETE." + bus.Outbox + ".engines", ""}, {api + "CONSUMER.MSG.NEXT." + bus.Outbox + ".engines", "1"}, {api + "CONSUMER.INFO." + bus.Outbox + ".engines", ""},
		{api + "CONSUMER.CREATE." + bus.Outbox + ".engines", create(bus.Outbox, `{"durable_name":"engines","ack_policy":"explicit"}`)},
		{api + "STREAM.CREATE.MINE", `{"name":"MINE","subjects":["mine"]}`}, {api + "STREAM.CREATE.MINE", `{"name":"MINE","mirror":{"name":"LEDGER"}}`},
		{api + "STREAM.LIST", ""}, {api + "STREAM.INFO.LEDGER", ""}, {api + "STREAM.INFO." + bus.Inbox, ""}, {api + "STREAM.DELETE." + bus.Outbox, ""}, {api + "STREAM.PURGE." + bus.Outbox, ""},
		{api + "STREAM.MSG.GET." + objects, `{"last_by_subj":"$O.casehug-documents.C.x"}`}, {api + "STREAM.MSG.GET." + objects, `{"last_by_subj":"$O.casehug-documents.M.x","seq":1}`},
		{api + "DIRECT.GET." + objects, `{"next_by_subj":"$O.casehug-documents.M.x"}`}, {api + "DIRECT.GET." + objects + ".$O.casehug-documents.C.>", ""},
		{api + "DIRECT.GET.LEDGER.ledger.f1", ""}, {api + "DIRECT.GET.KV_engine-tokens.$KV.engine-tokens.f1", ""},
		{api + "STREAM.PURGE." + objects, `{"filter":"$O.casehug-documents.C.>"}`}, {api + "STREAM.PURGE." + objects, `{"filter":"$O.casehug-documents.M.*"}`},
		{api + "STREAM.PURGE." + objects, `{"Filter":"$O.casehug-documents.C.x"}`}, {api + "STREAM.PURGE." + objects, `{"filter":"$O.casehug-documents.C.x","keep":0}`},
		{api + "META.LEADER.STEPDOWN", ""}, {api + "SERVER.REMOVE", `{"peer":"x"}`}, {api + "ACCOUNT.PURGE.ENGINE", ""},
		{"$O.casehug-documents.M.eA==", `{"name":"y","bucket":"casehug-documents"}`}, {"$O.casehug-documents.M.eA==", `{"name":"x","bucket":"engine-tokens"}`},
		{"$O.casehug-documents.M.ZF8x", `{"name":"d_1","bucket":"casehug-documents","deleted":true}`}, {"$O.casehug-documents.M.eA==", `{"name":"x","bucket":"casehug-documents","options":{"link":{"bucket":"other"}}}`},
		{"$O.casehug-documents.M.eA==", `{"name":"x","bucket":"casehug-documents","nuid":"n","size":1}`}, {"$O.casehug-documents.M.eA==", `{"name":"x","bucket":"casehug-documents","nuid":"n","Metadata":{}}`},
		{"$O.casehug-documents.M." + base64.URLEncoding.EncodeToString([]byte("~f1/x")), `{"name":"~f1/x","bucket":"casehug-documents","nuid":"n"}`},
		{"$O.casehug-documents.C.~f1x", "bytes"}, {"$O.casehug-documents.M.eA==", `nonsense`}, {"$O.casehug-documents.X", ``}, {"$O.casehug-documents.C.a.b", ``},
	}
}

func TestGateRefuses(t *testing.T) {
	t.Parallel()
	b := open(t)
	furnish(t, b)
	if _, err := b.JetStream().CreateConsumer(brief(t), bus.Outbox, jetstream.ConsumerConfig{Durable: "engines", AckPolicy: jetstream.AckExplicitPolicy}); err != nil {
		t.Fatal(err)
	}
	conn, _ := dial(t, b)
	before := state(t, b)
	for _, a := range attempts() {
		m, err := conn.RequestWithContext(brief(t), a.subject, []byte(a.body))
		if err != nil {
			t.Errorf("%s %s: no answer: %v", a.subject, a.body, err)
			continue
		}
		if !refused(m) {
			t.Errorf("%s %s: answered %v %s", a.subject, a.body, m.Header, m.Data)
		}
	}
	if after := state(t, b); after != before {
		t.Errorf("the streams changed from\n%s\nto\n%s", before, after)
	}
}

func refused(m *nats.Msg) bool {
	var body struct {
		Error *struct{ Code int }
	}
	if m.Header.Get("Status") == "403" {
		return true
	}
	return json.Unmarshal(m.Data, &body) == nil && body.Error != nil && body.Error.Code/100 == 4 && !strings.Contains(string(m.Data), "secret")
}

// A rollup of all subjects would empty the bucket.
func TestGateRefusesHeadersThatHarmTheBucket(t *testing.T) {
	t.Parallel()
	b := open(t)
	furnish(t, b)
	conn, _ := dial(t, b)
	before := state(t, b)
	entry := "$O.casehug-documents.M." + base64.URLEncoding.EncodeToString([]byte("x"))
	for _, a := range []struct{ subject, header, value string }{
		{entry, "Nats-Rollup", "all"}, {entry, "nats-rollup", "all"}, {"$O.casehug-documents.C.x", "Nats-Rollup", "sub"}, {"$O.casehug-documents.C.x", "Nats-Rollup", "all"},
		{entry, "Nats-TTL", "1s"}, {entry, "Nats-Batch-Id", "1"}, {entry, "Nats-Schedule", "@at 2099-01-01T00:00:00Z"},
	} {
		m, err := conn.RequestMsgWithContext(brief(t), &nats.Msg{Subject: a.subject, Header: nats.Header{a.header: {a.value}}, Data: []byte(`{"name":"x","bucket":"casehug-documents","nuid":"n"}`)})
		if err != nil || !refused(m) {
			t.Errorf("%s: %s on %s: %v, %v", a.header, a.value, a.subject, m, err)
		}
	}
	if after := state(t, b); after != before {
		t.Errorf("the streams changed from\n%s\nto\n%s", before, after)
	}
}

// On core NATS none of these may reach or hear anything.
func TestPermissionsRefuse(t *testing.T) {
	t.Parallel()
	b := open(t)
	furnish(t, b)
	violations := make(chan error, 100)
	conn, js := dial(t, b, nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { violations <- err }))
	before := state(t, b)
	denied := func(what string) {
		t.Helper()
		if err := conn.FlushWithContext(brief(t)); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-violations:
			if !errors.Is(err, nats.ErrPermissionViolation) {
				t.Errorf("%s: %v", what, err)
			}
		case <-time.After(time.Minute):
			t.Errorf("%s: is allowed", what)
		}
	}
	for _, subject := range []string{
		"smokeball.f1.webhook.noop", "sync.f1.matter.synced", "ledger.f1", "$KV.engine-tokens.f1", "_INBOX.x", "_ENGINE.inbox.x", "_GUEST.open._INBOX.x",
		"_R_.x", "$JS.ACK.INBOX.intake.1.1.1.1.1", "$JS.FC.LEDGER.x", "$O.other.M.x", "$SYS.REQ.SERVER.PING", "_ENGINE.gate.open.$JS.API.INFO",
	} {
		if err := conn.Publish(subject, []byte("forged")); err != nil {
			t.Fatal(err)
		}
		denied("publish " + subject)
	}
	for _, subject := range []string{">", "casehug.>", "smokeball.>", "ledger.>", "$JS.>", "$KV.>", "$O.>", "_ENGINE.>", "_GUEST.>", "_R_.>", "$SYS.>", "*.f1.>"} {
		if _, err := conn.SubscribeSync(subject); err != nil {
			t.Fatal(err)
		}
		denied("subscribe " + subject)
	}
	if after := state(t, b); after != before {
		t.Errorf("the streams changed from\n%s\nto\n%s", before, after)
	}
	if _, err := js.Publish(brief(t), "casehug.f1.matter.created", nil); err != nil {
		t.Errorf("what is allowed fails afterwards: %v", err)
	}
}

// A tenant that listens to every inbox hears nothing of the engine's own traffic.
func TestTenantCannotOverhearTheEngine(t *testing.T) {
	t.Parallel()
	b := open(t)
	spy, _ := dial(t, b)
	heard, err := spy.SubscribeSync("_INBOX.>")
	if err != nil {
		t.Fatal(err)
	}
	if err := spy.FlushWithContext(brief(t)); err != nil {
		t.Fatal(err)
	}
	furnish(t, b)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if m, err := heard.NextMsgWithContext(ctx); err == nil {
		t.Errorf("heard %s: %s", m.Subject, m.Data)
	}
}

// Acknowledging another's message would make it vanish for its reader.
func TestTenantCannotAcknowledgeForTheEngine(t *testing.T) {
	t.Parallel()
	b := open(t)
	furnish(t, b)
	cons, err := b.JetStream().CreateConsumer(brief(t), bus.Outbox, jetstream.ConsumerConfig{Durable: "engines", AckPolicy: jetstream.AckExplicitPolicy})
	if err != nil {
		t.Fatal(err)
	}
	m, err := cons.Next()
	if err != nil {
		t.Fatal(err)
	}
	conn, _ := dial(t, b)
	if err := conn.Publish(m.Reply(), []byte("+ACK")); err != nil {
		t.Fatal(err)
	}
	// The gate answers in order: once this is refused, the acknowledgement has been.
	if err := conn.FlushWithContext(brief(t)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := conn.RequestWithContext(ctx, m.Reply(), []byte("+ACK")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the acknowledgement was answered: %v", err)
	}
	if info, err := cons.Info(brief(t)); err != nil || info.NumAckPending != 1 {
		t.Errorf("%+v, %v; want the message still pending", info, err)
	}
}
