package bus_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"
	"golang.org/x/crypto/bcrypt"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/domain"
)

// openForFirms starts a bus with a users file: "all" for every firm, and one user each for
// f1 (by password) and f2 (by nkey, whose option is returned).
func openForFirms(t *testing.T, change ...func(*bus.Config)) (b *bus.Bus, f2 nats.Option) {
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
	return open(t, append(change, func(c *bus.Config) { c.UsersFile = file })...), nats.Nkey(pub, key.Sign)
}

func TestUsersFileAdmitsItsUsersOnly(t *testing.T) {
	t.Parallel()
	b, f2 := openForFirms(t)
	for name, opt := range map[string]nats.Option{"all": nats.UserInfo("all", "right"), "f1": nats.UserInfo("one", "right"), "f2": f2} {
		conn, err := bus.Dial(b.ClientURL(), opt)
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
		if conn, err := bus.Dial(b.ClientURL(), opt); err == nil {
			conn.Close()
			t.Errorf("%s is let in", name)
		} else if !errors.Is(err, nats.ErrAuthorization) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFirmUserPublishesForItsFirmOnly(t *testing.T) {
	t.Parallel()
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
		case <-time.After(time.Minute):
			t.Errorf("%s: is allowed", subject)
		}
	}
	if after := state(t, b); after != before {
		t.Errorf("the streams changed from\n%s\nto\n%s", before, after)
	}
}

func TestFirmUserReadsItsFirmOnly(t *testing.T) {
	t.Parallel()
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
	t.Parallel()
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

// bucketOf is the bucket of documents as a tenant has it.
func bucketOf(t *testing.T, b *bus.Bus, opt nats.Option) jetstream.ObjectStore {
	t.Helper()
	_, js := dial(t, b, opt)
	store, err := js.ObjectStore(brief(t), bus.Documents)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// readFor is the object that the engine reads for a firm's document.
func readFor(t *testing.T, b *bus.Bus, q domain.ObjectQuestion, name string) (string, error) {
	t.Helper()
	r, err := b.Object(brief(t), q, bus.Documents, name)
	if err != nil {
		return "", err
	}
	content, err := io.ReadAll(r)
	return string(content), errors.Join(err, r.Close())
}

// TestFirmsPutTheSameNames puts objects of one name as tenants of two firms and as everyone's
// tenant, again and again: each firm has its own, and none is in another's way.
func TestFirmsPutTheSameNames(t *testing.T) {
	t.Parallel()
	b, f2 := openForFirms(t)
	all, one, two := bucketOf(t, b, nats.UserInfo("all", "right")), bucketOf(t, b, nats.UserInfo("one", "right")), bucketOf(t, b, f2)
	for _, version := range []string{"first ", "second "} {
		for who, store := range map[string]jetstream.ObjectStore{"everyone's": all, "f1's": one, "f2's": two} {
			if _, err := store.PutString(brief(t), "d_1", version+who); err != nil {
				t.Fatalf("%s: %v", who, err)
			}
			if info, err := store.GetInfo(brief(t), "d_1"); err != nil || info.Name != "d_1" || info.Size != uint64(len(version+who)) {
				t.Errorf("%s entry is %+v, %v", who, info, err)
			}
		}
	}
	for _, c := range []struct {
		q    domain.ObjectQuestion
		want string
	}{
		{domain.ObjectQuestion{Firm: "f1"}, "second f1's"}, {domain.ObjectQuestion{Firm: "f2"}, "second f2's"},
		{domain.ObjectQuestion{Firm: "f1", Vouched: true}, "second everyone's"}, {domain.ObjectQuestion{Firm: "f3", Vouched: true}, "second everyone's"},
	} {
		if got, err := readFor(t, b, c.q, "d_1"); err != nil || got != c.want {
			t.Errorf("%+v reads %q, %v; want %q", c.q, got, err, c.want)
		}
	}
	if got, err := readFor(t, b, domain.ObjectQuestion{Firm: "f3"}, "d_1"); !errors.Is(err, domain.ErrNotProved) {
		t.Errorf("a firm that only names it reads %q, %v", got, err)
	}
	if left := chunksLeft(t, b); left != 3 {
		t.Errorf("the bucket has the chunks of %d objects, want 3: what was replaced goes", left)
	}
}

func chunksLeft(t *testing.T, b *bus.Bus) int {
	t.Helper()
	s, err := b.JetStream().Stream(brief(t), "OBJ_"+bus.Documents)
	if err != nil {
		t.Fatal(err)
	}
	info, err := s.Info(brief(t), jetstream.WithSubjectFilter("$O."+bus.Documents+".C.>"))
	if err != nil {
		t.Fatal(err)
	}
	return len(info.State.Subjects)
}

// TestAFirmsDocumentIsDeletedForItAlone deletes by name for two firms: marked objects of
// another firm and what was put later stay.
func TestAFirmsDocumentIsDeletedForItAlone(t *testing.T) {
	t.Parallel()
	b, f2 := openForFirms(t)
	all, two := bucketOf(t, b, nats.UserInfo("all", "right")), bucketOf(t, b, f2)
	marked := jetstream.ObjectMeta{Name: "d_1", Metadata: map[string]string{"firm": "f1"}}
	if _, err := all.Put(brief(t), marked, strings.NewReader("f1's")); err != nil {
		t.Fatal(err)
	}
	if _, err := two.PutString(brief(t), "d_1", "f2's"); err != nil {
		t.Fatal(err)
	}
	left := func() (left []string) {
		for _, firm := range []domain.FirmID{"f1", "f2"} {
			if content, err := readFor(t, b, domain.ObjectQuestion{Firm: firm}, "d_1"); err == nil {
				left = append(left, content)
			}
		}
		return left
	}
	for _, step := range []struct {
		firm   domain.FirmID
		before time.Time
		want   string
	}{{"f2", time.Now().Add(-time.Hour), "f1's f2's"}, {"f2", time.Now().Add(time.Hour), "f1's"}, {"f2", time.Now().Add(time.Hour), "f1's"}, {"f1", time.Now().Add(time.Hour), ""}} {
		if err := b.DeleteObject(brief(t), step.firm, bus.Documents, "d_1", step.before); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(left(), " "); got != step.want {
			t.Errorf("after deleting for %s: %q, want %q", step.firm, got, step.want)
		}
	}
}

// TestWhoseAnObjectIs reads objects that a service for all firms has put, with and without a
// firm's mark.
func TestWhoseAnObjectIs(t *testing.T) {
	t.Parallel()
	b, f2 := openForFirms(t)
	all := bucketOf(t, b, nats.UserInfo("all", "right"))
	marked := jetstream.ObjectMeta{Name: "marked", Metadata: map[string]string{"firm": "f1"}}
	if _, err := all.Put(brief(t), marked, strings.NewReader("retainer")); err != nil {
		t.Fatal(err)
	}
	if _, err := all.PutString(brief(t), "unmarked", "retainer"); err != nil {
		t.Fatal(err)
	}
	forged := jetstream.ObjectMeta{Name: "forged", Metadata: map[string]string{"firm": "f1"}}
	if _, err := bucketOf(t, b, f2).Put(brief(t), forged, strings.NewReader("retainer")); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte("retainer"))
	right, wrong := hex.EncodeToString(sum[:]), strings.Repeat("0", 64)
	for name, c := range map[string]struct {
		object string
		q      domain.ObjectQuestion
		want   error
	}{
		"its own":                        {"marked", domain.ObjectQuestion{Firm: "f1"}, nil},
		"its own, vouched for":           {"marked", domain.ObjectQuestion{Firm: "f1", Vouched: true}, nil},
		"another's, by name":             {"marked", domain.ObjectQuestion{Firm: "f2"}, domain.ErrOthersObject},
		"another's, vouched for":         {"marked", domain.ObjectQuestion{Firm: "f2", Vouched: true}, domain.ErrOthersObject},
		"another's, by digest":           {"marked", domain.ObjectQuestion{Firm: "f2", SHA256: right}, domain.ErrOthersObject},
		"unmarked, by name":              {"unmarked", domain.ObjectQuestion{Firm: "f2"}, domain.ErrNotProved},
		"unmarked, vouched for":          {"unmarked", domain.ObjectQuestion{Firm: "f2", Vouched: true}, nil},
		"unmarked, by digest":            {"unmarked", domain.ObjectQuestion{Firm: "f2", SHA256: right}, nil},
		"unmarked, by a wrong digest":    {"unmarked", domain.ObjectQuestion{Firm: "f2", SHA256: wrong}, domain.ErrOtherBytes},
		"unmarked, wrong though vouched": {"unmarked", domain.ObjectQuestion{Firm: "f2", SHA256: wrong, Vouched: true}, domain.ErrOtherBytes},
		"a tenant's mark is its firm":    {"forged", domain.ObjectQuestion{Firm: "f2"}, nil},
		"and no other's":                 {"forged", domain.ObjectQuestion{Firm: "f1"}, bus.ErrNoObject},
	} {
		if got, err := readFor(t, b, c.q, c.object); !errors.Is(err, c.want) || c.want == nil && got != "retainer" {
			t.Errorf("%s: %q, %v; want %v", name, got, err, c.want)
		}
	}
}
