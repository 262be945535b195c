package bus_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"
	"golang.org/x/crypto/bcrypt"

	"github.com/casehug/smokeball-sync/adapters/bus"
)

// openForFirms starts a bus with a users file: "all" for every firm, and one user each for
// f1 (by password) and f2 (by nkey, whose option is returned).
func openForFirms(t *testing.T) (b *bus.Bus, f2 nats.Option) {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte("right"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	key, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	pub, err := key.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "users.yaml")
	text := fmt.Sprintf("users:\n- {user: all, password: %q}\n- {user: one, password: %q, firm: f1}\n- {nkey: %s, firm: f2}\n", hash, hash, pub)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return open(t, func(c *bus.Config) { c.UsersFile = file }), nats.Nkey(pub, key.Sign)
}

func TestUsersFileAdmitsItsUsersOnly(t *testing.T) {
	b, f2 := openForFirms(t)
	for name, opt := range map[string]nats.Option{"all": nats.UserInfo("all", "right"), "f1": nats.UserInfo("one", "right"), "f2": f2} {
		conn, err := nats.Connect(b.ClientURL(), opt)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		conn.Close()
	}
	stranger, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	pub, err := stranger.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	for name, opt := range map[string]nats.Option{
		"nobody": nats.Name("x"), "wrong password": nats.UserInfo("one", "wrong"), "no password": nats.UserInfo("one", ""),
		"unknown": nats.UserInfo("two", "right"), "unknown key": nats.Nkey(pub, stranger.Sign),
	} {
		if conn, err := nats.Connect(b.ClientURL(), opt); err == nil {
			conn.Close()
			t.Errorf("%s is let in", name)
		} else if !errors.Is(err, nats.ErrAuthorization) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFirmUserPublishesForItsFirmOnly(t *testing.T) {
	b, f2 := openForFirms(t)
	_, js := dial(t, b, f2)
	if ack, err := js.Publish(brief(t), "casehug.f2.matter.created", []byte("{}")); err != nil || ack.Stream != bus.Inbox {
		t.Fatalf("%+v, %v", ack, err)
	}
	before := state(t, b)
	for _, subject := range []string{"casehug.f1.matter.created", "casehug.f2x.matter.created", "casehug.f2", "sync.f2.matter.synced", "smokeball.f2.webhook.noop"} {
		violation := make(chan error, 1)
		conn, _ := dial(t, b, f2, nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { violation <- err }))
		if err := conn.PublishMsg(&nats.Msg{Subject: subject}); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-violation:
			if !errors.Is(err, nats.ErrPermissionViolation) {
				t.Errorf("%s: %v", subject, err)
			}
		case <-time.After(5 * time.Second):
			t.Errorf("%s: is allowed", subject)
		}
	}
	if after := state(t, b); after != before {
		t.Errorf("the streams changed from\n%s\nto\n%s", before, after)
	}
}

func TestFirmUserReadsItsFirmOnly(t *testing.T) {
	b, f2 := openForFirms(t)
	conn, js := dial(t, b, f2)
	core, err := conn.SubscribeSync("sync.f2.>")
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.FlushWithContext(brief(t)); err != nil {
		t.Fatal(err)
	}
	say(t, b, "sync.f1.matter.synced", "not yours")
	say(t, b, "sync.f2.matter.synced", "yours")
	if m, err := core.NextMsgWithContext(brief(t)); err != nil || string(m.Data) != "yours" {
		t.Errorf("core: %v, %v", m, err)
	}
	for name, c := range map[string]jetstream.ConsumerConfig{
		"ephemeral": {FilterSubject: "sync.f2.>"}, "durable": {Durable: "d", FilterSubject: "sync.f2.matter.synced"}, "filters": {FilterSubjects: []string{"sync.f2.matter.>", "sync.f2.contact.>"}},
	} {
		cons, err := js.CreateConsumer(brief(t), bus.Outbox, c)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if m, err := cons.Next(); err != nil || string(m.Data()) != "yours" || m.Ack() != nil {
			t.Errorf("%s: %v, %v", name, m, err)
		}
	}
	for name, c := range map[string]jetstream.ConsumerConfig{
		"no filter": {}, "all": {FilterSubject: "sync.>"}, "any": {FilterSubject: "sync.*.matter.synced"}, "another firm": {FilterSubject: "sync.f1.>"},
		"one of two": {FilterSubjects: []string{"sync.f2.matter.>", "sync.f1.>"}}, "alike": {FilterSubject: "sync.f2x.>"}, "root": {FilterSubject: ">"},
	} {
		if _, err := js.CreateConsumer(brief(t), bus.Outbox, c); err == nil {
			t.Errorf("%s: is allowed", name)
		} else if api := new(jetstream.APIError); !errors.As(err, &api) || api.Code != 403 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Firms must not reach each other's consumers, deliveries or documents.
func TestFirmsAreApart(t *testing.T) {
	b, f2 := openForFirms(t)
	_, one := dial(t, b, nats.UserInfo("one", "right"))
	spy, two := dial(t, b, f2)
	heard, err := spy.SubscribeSync("_INBOX.>")
	if err != nil {
		t.Fatal(err)
	}
	say(t, b, "sync.f1.matter.synced", "f1's")
	cons, err := one.CreateConsumer(brief(t), bus.Outbox, jetstream.ConsumerConfig{Durable: "mine", FilterSubject: "sync.f1.>", AckPolicy: jetstream.AckExplicitPolicy})
	if err != nil {
		t.Fatal(err)
	}
	if m, err := cons.Next(); err != nil || m.Ack() != nil {
		t.Fatal(err)
	}
	if n, _, err := heard.Pending(); err != nil || n != 0 {
		t.Errorf("the other firm heard %d messages, %v", n, err)
	}
	if _, err := two.Consumer(brief(t), bus.Outbox, "mine"); !errors.Is(err, jetstream.ErrConsumerNotFound) {
		t.Errorf("another firm's consumer: %v", err)
	}
	if err := two.DeleteConsumer(brief(t), bus.Outbox, "mine"); !errors.Is(err, jetstream.ErrConsumerNotFound) {
		t.Errorf("deleting another firm's consumer: %v", err)
	}
	if _, err := two.CreateOrUpdateConsumer(brief(t), bus.Outbox, jetstream.ConsumerConfig{Durable: "mine", FilterSubject: "sync.f2.>"}); err == nil {
		t.Error("another firm's consumer can be taken over")
	}
	if _, err := cons.Info(brief(t)); err != nil {
		t.Errorf("the owner lost it: %v", err)
	}
}

func TestFirmsDocumentsAreApart(t *testing.T) {
	b, f2 := openForFirms(t)
	bucket := func(opt nats.Option) jetstream.ObjectStore {
		_, js := dial(t, b, opt)
		store, err := js.ObjectStore(brief(t), bus.Documents)
		if err != nil {
			t.Fatal(err)
		}
		return store
	}
	all, one, two := bucket(nats.UserInfo("all", "right")), bucket(nats.UserInfo("one", "right")), bucket(f2)
	for _, content := range []string{"first", "second"} {
		if _, err := one.PutString(brief(t), "d_1", content); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := all.PutString(brief(t), "d_2", "everyone's"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"d_1", "d_2"} {
		if _, err := two.GetInfo(brief(t), name); err == nil || errors.Is(err, jetstream.ErrObjectNotFound) {
			t.Errorf("looking at another's %s: %v", name, err)
		}
		if _, err := two.PutString(brief(t), name, "forged"); err == nil {
			t.Errorf("another's %s can be replaced", name)
		}
	}
	if _, err := all.PutString(brief(t), "d_1", "third"); err != nil {
		t.Errorf("who serves all firms may replace any: %v", err)
	}
}

// TestAFirmsDocumentIsReadForItAlone puts a document as a guest of one firm: the engine
// does not read it for another.
func TestAFirmsDocumentIsReadForItAlone(t *testing.T) {
	b, f2 := openForFirms(t)
	_, js := dial(t, b, f2)
	store, err := js.ObjectStore(brief(t), bus.Documents)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.PutBytes(brief(t), "d_secret", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := b.Object(brief(t), "f1", bus.Documents, "d_secret"); !errors.Is(err, bus.ErrNoObject) {
		t.Errorf("for another firm: %v", err)
	}
	r, _, _, err := b.Object(brief(t), "f2", bus.Documents, "d_secret")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}
