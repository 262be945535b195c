package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// connections is how many deliveries are under way at once.
const connections = 64

// measureWebhooks delivers webhooks to the engine, each another one, to a handler that checks the
// signature and publishes each durably, and to one that stores nothing: what HTTP and the client
// leave of the machine.
func measureWebhooks(ctx context.Context, l *lab) ([]result, error) {
	n := l.size(15_000, 2_000) // a firm's budget holds more at once
	s, err := l.openSite(ctx, unlimited)
	if err != nil {
		return nil, err
	}
	defer s.close()
	if err := s.call(ctx, http.MethodPost, "/webhooks/test", nil, nil); err != nil { // its delivery is remembered
		return nil, err
	}
	address, header := s.hooks.last()
	b, err := openBareBus(ctx, filepath.Join(l.folder(), "bus"))
	if err != nil {
		return nil, err
	}
	defer b.close()
	peer := httptest.NewServer(publishEach(b))
	defer peer.Close()
	theirs, err := deliver(ctx, n, peer.URL, header)
	if err != nil {
		return nil, fmt.Errorf("the bare handler: %w", err)
	}
	own, err := deliver(ctx, n, address, header)
	if err != nil {
		return nil, err
	}
	limit := httptest.NewServer(checkEach(func(*http.Request, []byte) error { return nil }))
	defer limit.Close()
	most, err := deliver(ctx, n, limit.URL, header)
	if err != nil {
		return nil, fmt.Errorf("the handler that stores nothing: %w", err)
	}
	rate, tail := own.rate()/theirs.rate(), ratioOf(own.each.at(.99), theirs.each.at(.99))
	return []result{{what: "webhooks over 64 connections, durable and deduplicated", goal: "≥ 4 × the rate, p99 ≤ .3 ×", measured: own.String(),
		beside: theirs.String() + ", a handler with one durable publish each", ratio: fmt.Sprintf("%.2f, %.2f", rate, tail), met: rate >= 4 && tail <= .3,
		note: fmt.Sprintf("the processor works %s for each, with what it records and folds meanwhile, %s for one of the handler beside it, and %s for one that is not stored: where a flush to disk takes less than that, the processor decides, not the disk",
			ms(own.work()), ms(theirs.work()), ms(most.work()))},
		{what: "– a handler that checks the signature and stores nothing", goal: "≥ 4 ×, or the goal above is beyond this machine", measured: most.String(),
			beside: "the handler with one durable publish each", ratio: fmt.Sprintf("%.2f, %.2f", most.rate()/theirs.rate(), ratioOf(most.each.at(.99), theirs.each.at(.99))), met: most.rate() >= 4*theirs.rate()}}, nil
}

// publishEach answers when the webhook is on disk.
func publishEach(b *bareBus) http.Handler {
	return checkEach(func(r *http.Request, body []byte) error {
		id := sha256.Sum256(body)
		_, err := b.js.Publish(r.Context(), "smokeball.f_oak.webhook.matter.updated", body, jetstream.WithMsgID(hex.EncodeToString(id[:16])))
		return err
	})
}

// checkEach computes the signature, and answers when store has returned.
func checkEach(store func(r *http.Request, body []byte) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		mac := hmac.New(sha256.New, []byte("the subscription's key"))
		mac.Write([]byte(r.Header.Get("Timestamp") + "|" + r.Header.Get("RequestId") + "|" + app))
		if sum := hex.EncodeToString(mac.Sum(nil)); err != nil || len(sum) != len(r.Header.Get("Signature")) {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if err := store(r, body); err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
}

// delivered is what came of webhooks that were posted, by this process to this process.
type delivered struct {
	each      times         // how long the answers took
	took      time.Duration // in all
	processor time.Duration // that the process has used meanwhile
}

// rate is how many were answered a second.
func (d delivered) rate() float64 { return float64(len(d.each)) / d.took.Seconds() }

// work is the processor's time for one.
func (d delivered) work() time.Duration { return d.processor / time.Duration(max(1, len(d.each))) }

// String implements [fmt.Stringer].
func (d delivered) String() string {
	return fmt.Sprintf("%s/s, p99 %s", thousands(d.rate()), ms(d.each.at(.99)))
}

// deliver posts n webhooks. Every one has to be taken in.
func deliver(ctx context.Context, n int, address string, header http.Header) (d delivered, err error) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}, Timeout: 10 * time.Second}
	defer client.CloseIdleConnections()
	var number atomic.Int64
	var failed atomic.Pointer[error]
	each := make([]times, connections)
	var all sync.WaitGroup
	began, before := time.Now(), processorTime(os.Getpid())
	for c := range connections {
		all.Go(func() {
			for i := number.Add(1); i <= int64(n) && ctx.Err() == nil && failed.Load() == nil; i = number.Add(1) {
				sent := time.Now()
				if err := post(ctx, client, address, header, webhook(i)); err != nil {
					failed.CompareAndSwap(nil, &err)
				}
				each[c] = append(each[c], time.Since(sent))
			}
		})
	}
	all.Wait()
	d.took, d.processor = time.Since(began), processorTime(os.Getpid())-before
	for _, t := range each {
		d.each = append(d.each, t...)
	}
	if err := failed.Load(); err != nil {
		return d, *err
	}
	return d, context.Cause(ctx)
}

func post(ctx context.Context, client *http.Client, address string, header http.Header, body string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		return err
	}
	for name, values := range header {
		req.Header[name] = values
	}
	return answered(client, req, nil)
}

// webhook is a notification of a kilobyte about a matter; no two are alike.
func webhook(n int64) string {
	id := fmt.Sprintf("0b1c%08d-0000-4000-8000-000000000001", n)
	return fmt.Sprintf(`{"accountId":%q,"type":"matter.updated","source":"Smokeball","payload":{"id":%q,"number":"CH-%d","description":%q},"timestamp":%d}`,
		account, id, n, strings.Repeat("a matter's words ", 40), 638609288928990639+n)
}
