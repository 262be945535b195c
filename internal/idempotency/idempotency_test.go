package idempotency_test

import (
	"errors"
	"path/filepath"
	"sync"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/adapters/secrets"
	"github.com/casehug/smokeball-sync/internal/idempotency"
	"github.com/casehug/smokeball-sync/internal/vault"
)

// engines are two engines on one bucket.
func engines(t *testing.T) (one, two *idempotency.Calls) {
	t.Helper()
	s, err := server.NewServer(&server.Options{ServerName: "calls", DontListen: true, JetStream: true, StoreDir: t.TempDir(), NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	nc, err := nats.Connect("", nats.InProcessServer(s))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	kv, err := js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: "calls"})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := vault.Open(filepath.Join(t.TempDir(), "keys.json"))
	if err != nil {
		t.Fatal(err)
	}
	return &idempotency.Calls{Secrets: secrets.New(keys, kv)}, &idempotency.Calls{Secrets: secrets.New(keys, kv)}
}

var key = idempotency.Key{Firm: "f_1", Caller: "u_1", Key: "k1"}

func begin(t *testing.T, c *idempotency.Calls, k idempotency.Key, fingerprint string) *idempotency.Call {
	t.Helper()
	call, err := c.Begin(t.Context(), k, fingerprint)
	if err != nil {
		t.Fatal(err)
	}
	return call
}

func TestACallThatWasAnsweredIsAnsweredTheSame(t *testing.T) {
	one, two := engines(t)
	call := begin(t, one, key, "a")
	if call.Answer != nil || len(call.Token) < 20 {
		t.Fatalf("a new call is %+v", call)
	}
	if _, err := call.Keep(t.Context(), idempotency.Answer{Status: 202, Body: []byte("{}")}); err != nil {
		t.Fatal(err)
	}
	call.End()
	again := begin(t, two, key, "a")
	defer again.End()
	if a := again.Answer; a == nil || a.Status != 202 || string(a.Body) != "{}" {
		t.Errorf("another engine answers %+v", a)
	}
}

// An engine that was killed on the way kept no answer: the call is carried out again, and what it
// creates has the same ids.
func TestACallThatWasInterruptedHasTheSameToken(t *testing.T) {
	one, two := engines(t)
	call := begin(t, one, key, "a")
	again := begin(t, two, key, "a")
	defer again.End()
	if again.Answer != nil || again.Token != call.Token {
		t.Errorf("the tokens are %s and %s, the answer %+v", call.Token, again.Token, again.Answer)
	}
	if _, err := again.Keep(t.Context(), idempotency.Answer{Status: 202}); err != nil {
		t.Fatal(err)
	}
	kept, err := call.Keep(t.Context(), idempotency.Answer{Status: 200})
	if err != nil || kept.Status != 202 {
		t.Errorf("the slower engine answers %+v, %v; want what the faster one has answered", kept, err)
	}
	call.End()
}

func TestAKeyIsForOneCallOfOneCaller(t *testing.T) {
	one, _ := engines(t)
	call := begin(t, one, key, "a")
	call.End()
	if _, err := one.Begin(t.Context(), key, "b"); !errors.Is(err, idempotency.ErrUsed) {
		t.Errorf("another call with the key: %v", err)
	}
	for _, other := range []idempotency.Key{{"f_2", "u_1", "k1"}, {"f_1", "u_2", "k1"}, {"f_1", "u_1", "k2"}, {"f_1", "u_", "1\x00k1"}} {
		c := begin(t, one, other, "b")
		c.End()
		if c.Token == call.Token {
			t.Errorf("%+v has the token of %+v", other, key)
		}
	}
}

func TestARefusedCallLeavesItsKeyFree(t *testing.T) {
	one, _ := engines(t)
	call := begin(t, one, key, "a")
	if err := call.Forget(t.Context()); err != nil {
		t.Fatal(err)
	}
	call.End()
	corrected := begin(t, one, key, "b")
	defer corrected.End()
	if corrected.Answer != nil || corrected.Token == call.Token {
		t.Errorf("the corrected call is %+v", corrected)
	}
}

func TestCallsWithOneKeyAreCarriedOutOneAfterTheOther(t *testing.T) {
	one, _ := engines(t)
	var wait sync.WaitGroup
	carried := 0 // unguarded: the calls guard it
	for range 8 {
		wait.Go(func() {
			call, err := one.Begin(t.Context(), key, "a")
			if err != nil {
				t.Error(err)
				return
			}
			defer call.End()
			if call.Answer == nil {
				carried++
				_, err = call.Keep(t.Context(), idempotency.Answer{Status: 202})
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	if wait.Wait(); carried != 1 {
		t.Errorf("the call was carried out %d times", carried)
	}
}

func TestFingerprints(t *testing.T) {
	same := idempotency.Fingerprint([]byte(`{"a":1,"b":[2.0]}`), "POST", "/x")
	if idempotency.Fingerprint([]byte("{ \"b\" : [2.0],\n\"a\":1}"), "POST", "/x") != same {
		t.Error("blanks and the order of members count")
	}
	for _, other := range []string{
		idempotency.Fingerprint([]byte(`{"a":1,"b":[2]}`), "POST", "/x"), idempotency.Fingerprint([]byte(`{"a":1,"b":[2.0]}`), "POST", "/y"),
		idempotency.Fingerprint([]byte(`{"a":1,"b":[2.0]} x`), "POST", "/x"), idempotency.Fingerprint(nil, "POST", "/x"), idempotency.Fingerprint([]byte(`{"a":1,"b":[2.0]}`), "POST/x"),
	} {
		if other == same {
			t.Error("two calls have one fingerprint")
		}
	}
}

// An erasure takes the answers that it names; the call, sent again, has its token.
func TestAnAnswerIsErased(t *testing.T) {
	one, _ := engines(t)
	tokens := map[string]string{}
	for _, k := range []string{"a", "b"} {
		call := begin(t, one, idempotency.Key{Firm: "f_1", Caller: "u_1", Key: k}, k)
		if _, err := call.Keep(t.Context(), idempotency.Answer{Status: 200, Body: []byte(k)}); err != nil {
			t.Fatal(err)
		}
		tokens[k] = call.Token
		call.End()
	}
	if err := one.Erase(t.Context(), "f_1", func(body []byte) bool { return string(body) == "a" }); err != nil {
		t.Fatal(err)
	}
	for k, kept := range map[string]bool{"a": false, "b": true} {
		call := begin(t, one, idempotency.Key{Firm: "f_1", Caller: "u_1", Key: k}, k)
		if (call.Answer != nil) != kept || call.Token != tokens[k] {
			t.Errorf("of the call %s %+v is kept", k, call.Answer)
		}
		call.End()
	}
}
