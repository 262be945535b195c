package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
	"github.com/casehug/smokeball-sync/projections"
)

// measureVisible publishes one event after the other and waits until the views show it; beside
// it an event is published, consumed and appended to a ledger by nothing but the libraries.
func measureVisible(ctx context.Context, l *lab) ([]result, error) {
	n := l.size(1000, 150)
	raw, err := l.rawConsumeAndAppend(ctx, n)
	if err != nil {
		return nil, fmt.Errorf("raw consume and append: %w", err)
	}
	s, err := l.openSite(ctx, unlimited)
	if err != nil {
		return nil, err
	}
	defer s.close()
	var own times
	for i := range n {
		m := matterNumber(i, i)
		began := time.Now()
		if err := s.services.publish(ctx, "matter.created", string(m.ID)+"-created", m); err != nil {
			return nil, err
		}
		if err := s.until(ctx, "the matter is shown", func() (bool, error) { _, ok, err := s.engine.Views().Matters.Matter(firm, m.ID); return ok, err }); err != nil {
			return nil, err
		}
		own = append(own, time.Since(began))
	}
	flush, err := l.flushes(n)
	if err != nil {
		return nil, fmt.Errorf("a flush to disk: %w", err)
	}
	mid, tail := ratioOf(own.at(.5), raw.at(.5)), ratioOf(own.at(.99), raw.at(.99))
	return []result{{what: "one event in flight, published → visible", goal: "p50 ≤ 2 ×, p99 ≤ 3 ×", measured: own.String(), beside: raw.String() + ", raw consume and append",
		ratio: fmt.Sprintf("%.2f, %.2f", mid, tail), met: mid <= 2 && tail <= 3, note: flushesOfOne(flush)}}, nil
}

// flushesOfOne says how many flushes to disk an event waits for, one after the other: bbolt has two
// in a transaction, its pages and then their root.
func flushesOfOne(flush times) string {
	const raw, own = 1 + 2, 1 + 1 + 2 + 2
	return fmt.Sprintf("a flush to disk alone takes %s; the raw way waits for %d (the message, two of the ledger), the engine for %d (also the new matter's and client's keys, and two of the rows), which is %.1f × before any work",
		flush, raw, own, float64(own)/raw)
}

func (l *lab) rawConsumeAndAppend(ctx context.Context, n int) (all times, err error) {
	dir := l.folder()
	b, err := openBareBus(ctx, filepath.Join(dir, "bus"))
	if err != nil {
		return nil, err
	}
	defer b.close()
	ledger, err := eventstore.OpenBolt(filepath.Join(dir, "ledger.db"), eventstore.BoltOptions{Log: quiet()})
	if err != nil {
		return nil, err
	}
	defer ledger.Close()
	appended := make(chan error, 1)
	consuming, err := b.taker.Consume(func(m jetstream.Msg) {
		i, _ := m.Metadata()
		d := matterNumber(int(i.Sequence.Stream), 0)
		_, err := ledger.Append(ctx, eventstore.Commit{Stream: domain.MatterStream(firm, d.ID), At: time.Now(), Events: []domain.Event{domain.MatterCreated{Matter: d}}})
		_ = m.Ack()
		appended <- err
	})
	if err != nil {
		return nil, err
	}
	defer consuming.Stop()
	for i := range n {
		m, err := message(firm, "matter.created", fmt.Sprint(i), matterNumber(i, i))
		if err != nil {
			return nil, err
		}
		began := time.Now()
		if _, err := b.js.PublishMsg(ctx, m); err != nil {
			return nil, err
		}
		if err := <-appended; err != nil {
			return nil, err
		}
		all = append(all, time.Since(began))
	}
	return all, nil
}

// measureSync announces one new matter with a new client after the other and waits until its
// sync has succeeded; beside it a bare loop makes the same calls of another Smokeball, so that the
// engine does not hear of them.
func measureSync(ctx context.Context, l *lab) ([]result, error) {
	s, err := l.openSite(ctx, unlimited)
	if err != nil {
		return nil, err
	}
	defer s.close()
	chosen := domain.DefaultSettings
	chosen.OnMatterCreated = true
	if err := s.choose(ctx, chosen); err != nil {
		return nil, err
	}
	if err := s.bringMatters(ctx, 0, 1, 0); err != nil { // it fills the caches
		return nil, err
	}
	n := l.size(300, 40)
	var own, theirs times
	b, err := l.openBare(s)
	if err != nil {
		return nil, err
	}
	defer b.site.close()
	flush, err := l.flushes(n)
	if err != nil {
		return nil, fmt.Errorf("a flush to disk: %w", err)
	}
	before, err := s.appends(ctx)
	if err != nil {
		return nil, err
	}
	for i := 1; i <= n; i++ {
		took, err := s.timeSync(ctx, i)
		if err != nil {
			return nil, err
		}
		own = append(own, took)
		if took, err = b.sameCalls(ctx, i); err != nil {
			return nil, err
		}
		theirs = append(theirs, took)
	}
	after, err := s.appends(ctx)
	if err != nil {
		return nil, err
	}
	less := own.at(.5) - theirs.at(.5)
	return []result{{what: "MatterCreated → SyncSucceeded, less Smokeball's own time", goal: "p50 ≤ 10 ms", measured: fmt.Sprintf("p50 %s (%s − %s)", ms(less), ms(own.at(.5)), ms(theirs.at(.5))),
		beside: theirs.String() + ", the same four calls by a bare loop", ratio: fmt.Sprintf("%.1f", ratioOf(own.at(.5), theirs.at(.5))), met: less <= 10*time.Millisecond, note: "in all " + own.String() + "; " + flushesOfSync((after-before)/float64(n), flush)}}, nil
}

// flushesOfSync says what the ledger's flushes of a sync take alone: see flushesOfOne.
func flushesOfSync(appends float64, flush times) string {
	return fmt.Sprintf("a sync makes %.1f appends to the ledger, its webhooks' included, each of two flushes to disk; a flush alone takes %s, so that %s are theirs",
		appends, flush, ms(time.Duration(2*appends*float64(flush.at(.5)))))
}

// openBare opens a Smokeball that no engine hears of, like that of s, for a bare loop of calls.
func (l *lab) openBare(s *site) (*bare, error) {
	apart := &site{smokeball: smokeballsim.New(smokeballsim.Config{ClientID: app, ClientSecret: app, APIKey: app, AutoConsent: account, Rate: -1, Seed: 1,
		VisibleAfter: smokeballsim.Delay{Max: 1}, Accounts: []smokeballsim.Account{{ID: account, Name: "Oak LLP"}}}), way: s.way, stop: func() error { return nil }}
	at, err := apart.smokeball.Start("127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	apart.vendor = "http://" + strings.TrimPrefix(at, "http://")
	b, err := apart.bare(100_000)
	if err != nil {
		return nil, errors.Join(err, apart.close())
	}
	b.matterType = s.smokeball.State().Accounts[0].Matters[0].MatterTypeID
	return b, nil
}

func (s *site) timeSync(ctx context.Context, i int) (time.Duration, error) {
	m := matterNumber(i, i)
	began := time.Now()
	if err := s.services.publish(ctx, "matter.created", string(m.ID)+"-created", m); err != nil {
		return 0, err
	}
	err := s.settled(ctx, i, 1, func(projections.MatterRow) bool { return true })
	return time.Since(began), err
}

// sameCalls makes the four calls of a new matter with a new client, and no more.
func (b *bare) sameCalls(ctx context.Context, i int) (time.Duration, error) {
	began := time.Now()
	number, email := fmt.Sprintf("BARE-%d", i), fmt.Sprintf("bare%d@example.com", i)
	if err := b.call(ctx, http.MethodGet, "/contacts?"+url.Values{"Search": {"email:" + email}}.Encode(), nil, nil); err != nil {
		return 0, err
	}
	var contact struct{ ID string }
	if err := b.call(ctx, http.MethodPost, "/contacts", map[string]any{"externalSystemId": number, "person": map[string]any{"firstName": "Bare", "lastName": number, "email": email}}, &contact); err != nil {
		return 0, err
	}
	if err := b.call(ctx, http.MethodGet, "/matters?"+url.Values{"Search": {number}}.Encode(), nil, nil); err != nil {
		return 0, err
	}
	err := b.call(ctx, http.MethodPost, "/matters", map[string]any{"externalSystemId": number, "number": number, "matterTypeId": b.matterType, "clientIds": []string{contact.ID}, "description": "Bare", "status": "Open"}, nil)
	return time.Since(began), err
}
