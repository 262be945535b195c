package eventstore

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/domain"
)

// TestACopyIsBegunOnce, and found again until it is finished.
func TestACopyIsBegunOnce(t *testing.T) {
	ctx, js := t.Context(), openEmbedded(t).js
	if is, err := IsCopying(ctx, js); is || err != nil {
		t.Errorf("a ledger is being copied: %v, %v", is, err)
	}
	if err := js.DeleteStream(ctx, LedgerStream); err != nil {
		t.Fatal(err)
	}
	if is, err := IsCopying(ctx, js); is || err != nil {
		t.Errorf("without a ledger, one is being copied: %v, %v", is, err)
	}
	for _, when := range []string{"begun", "begun again"} {
		if err := BeginCopy(ctx, js, 0); err != nil {
			t.Fatalf("%s: %v", when, err)
		}
		if is, err := IsCopying(ctx, js); !is || err != nil {
			t.Errorf("%s, it is being copied: %v, %v", when, is, err)
		}
	}
	if err := FinishCopy(ctx, js); err != nil {
		t.Fatal(err)
	}
	if is, err := IsCopying(ctx, js); is || err != nil {
		t.Errorf("finished, it is being copied: %v, %v", is, err)
	}
	ended, end := context.WithCancel(ctx)
	end()
	if is, err := IsCopying(ended, js); is || err == nil {
		t.Errorf("asked in vain: %v, %v", is, err)
	}
	if err := BeginCopy(ended, js, 1); err == nil || errors.Is(err, ErrNotEmpty) {
		t.Errorf("begun in vain: %v", err)
	}
}

// copiedEvents are events of one stream, the first of which is to stand at a position.
func copiedEvents(from Seq, n int) (batch []copied) {
	var head Head
	for i := range n {
		r := record{stream: "matter.f_1.m_9", version: uint64(i + 1), at: time.Unix(9, 0).UTC(), name: domain.SyncReleased{}.EventName(), data: []byte(`{"sync":"s_1"}`)}
		r.hash = Chain(head.Hash, r.version, r.at, r.name, r.data)
		before := head
		head = Head{Seq: from + Seq(i), Version: r.version, Hash: r.hash}
		batch = append(batch, copied{record: r, before: before, head: head})
	}
	return batch
}

// TestABatchOfACopyIsWrittenOnce, where its positions are, or nowhere.
func TestABatchOfACopyIsWrittenOnce(t *testing.T) {
	ctx := t.Context()
	store, _ := twoEvents(t)
	to, batch := streamCopy{store}, copiedEvents(3, 2)
	for _, when := range []string{"written", "written again, for its answer was lost"} {
		if err := to.put(ctx, batch); err != nil {
			t.Fatalf("%s: %v", when, err)
		}
	}
	if last, err := store.Last(ctx); err != nil || last != 4 {
		t.Fatalf("the ledger ends at %d, %v", last, err)
	}
	for name, from := range map[string]Seq{"another program has written": 4, "something before it is not there": 7} {
		if err := to.put(ctx, copiedEvents(from, 2)); err == nil || !strings.Contains(err.Error(), "another program writes") {
			t.Errorf("%s: %v", name, err)
		}
	}
	full := fullStream(t, store.js)
	if err := to.put(ctx, copiedEvents(5, 1)); err == nil || !strings.Contains(err.Error(), "maximum bytes") || strings.Contains(err.Error(), "another program") {
		t.Errorf("a full stream: %v", err)
	}
	full.MaxBytes = -1
	if _, err := store.js.UpdateStream(ctx, full); err != nil {
		t.Fatal(err)
	}
	if err := to.put(ctx, copiedEvents(5, 1)); err != nil {
		t.Errorf("once there is room: %v", err)
	}
}

func fullStream(t *testing.T, js jetstream.JetStream) jetstream.StreamConfig {
	t.Helper()
	s, err := js.Stream(t.Context(), LedgerStream)
	if err != nil {
		t.Fatal(err)
	}
	c := s.CachedInfo().Config
	c.MaxBytes = int64(s.CachedInfo().State.Bytes)
	if _, err := js.UpdateStream(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	return c
}
