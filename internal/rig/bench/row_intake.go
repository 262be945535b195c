package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// measureIntake publishes events as fast as the bus takes them and waits until the views show
// the last one: by an engine without a past, by one with a long past, and beside them by
// JetStream alone, whose consumer acknowledges and does nothing else.
func measureIntake(ctx context.Context, l *lab) ([]result, error) {
	n, past := l.size(15_000, 1_000), l.upTo(1_000_000, 20_000, 25)
	bare, err := l.consumeOnly(ctx, n)
	if err != nil {
		return nil, fmt.Errorf("durable consumption of the bus alone: %w", err)
	}
	young, err := l.takeIn(ctx, n, 0)
	if err != nil {
		return nil, err
	}
	old, err := l.takeIn(ctx, n, past)
	if err != nil {
		return nil, err
	}
	ratio, aged := ratioOf(bare.took, young.took), ratioOf(young.took, old.took)
	perSecond := func(s spent) string { return thousands(float64(n)/s.took.Seconds()) + " events/s" }
	return []result{
		{what: "intake by bus until the views show it", goal: "≥ .8 ×", measured: perSecond(young), beside: perSecond(bare) + ", durable consumption of the bus alone", ratio: fmt.Sprintf("%.2f", ratio), met: ratio >= .8,
			note: processorLimit(n, young, bare)},
		{what: fmt.Sprintf("– after %s events", thousands(float64(past))), goal: "± 15 % of the first", measured: perSecond(old), beside: perSecond(young) + ", the first " + thousands(float64(n)), ratio: fmt.Sprintf("%.2f", aged), met: aged >= .85},
	}, nil
}

// processorLimit says how fast the processors alone let n events be taken in, whatever the disk does.
func processorLimit(n int, own, bare spent) string {
	if own.cpu == 0 {
		return "" // the kernel does not tell
	}
	each := func(s spent) time.Duration { return s.cpu / time.Duration(n) }
	return fmt.Sprintf("processor time an event, its publisher's included: %s, of the bus alone %s; so %d cores take in at most %s events/s",
		ms(each(own)), ms(each(bare)), runtime.NumCPU(), thousands(float64(runtime.NumCPU())/each(own).Seconds()))
}

// takeIn is what an engine needs for n events after a past of so many.
func (l *lab) takeIn(ctx context.Context, n, past int) (spent, error) {
	s, err := l.openSiteWith(ctx, unlimited, history{events: past, firms: 100})
	if err != nil {
		return spent{}, err
	}
	defer s.close()
	return publishAll(ctx, s.services.js, n, func() error {
		last := matterNumber(pastMatters+n-1, 0).ID
		return s.until(ctx, "the last matter is shown", func() (bool, error) {
			_, ok, err := s.engine.Views().Matters.Matter(firm, last)
			if !ok || err != nil {
				return false, err
			}
			position, _ := s.engine.Views().Changes()
			return position >= uint64(past+n), nil
		})
	})
}

// pastMatters is above the number of any matter of a past.
const pastMatters = 100_000_000

// spent is the time that something took, and what this process used of all cores.
type spent struct{ took, cpu time.Duration }

// publishAll publishes n new matters, many at once, and returns what that took until done.
func publishAll(ctx context.Context, js jetstream.JetStream, n int, done func() error) (spent, error) {
	messages := make([]*nats.Msg, n)
	for i := range messages {
		m := matterNumber(pastMatters+i, i)
		var err error
		if messages[i], err = message(firm, "matter.created", string(m.ID)+"-created", m); err != nil {
			return spent{}, err
		}
	}
	began, cpu := time.Now(), processorTime(os.Getpid())
	for _, m := range messages {
		if _, err := js.PublishMsgAsync(m, jetstream.WithStallWait(time.Minute)); err != nil {
			return spent{}, err
		}
	}
	select {
	case <-js.PublishAsyncComplete():
	case <-ctx.Done():
		return spent{}, context.Cause(ctx)
	}
	err := done()
	return spent{time.Since(began), processorTime(os.Getpid()) - cpu}, err
}

func (l *lab) consumeOnly(ctx context.Context, n int) (spent, error) {
	b, err := openBareBus(ctx, filepath.Join(l.folder(), "bus"))
	if err != nil {
		return spent{}, err
	}
	defer b.close()
	var taken atomic.Int64
	all := make(chan struct{})
	consuming, err := b.taker.Consume(func(m jetstream.Msg) {
		_ = m.Ack() // one that is lost is delivered again
		if taken.Add(1) == int64(n) {
			close(all)
		}
	})
	if err != nil {
		return spent{}, err
	}
	defer consuming.Stop()
	return publishAll(ctx, b.js, n, func() error {
		select {
		case <-all:
			return nil
		case <-ctx.Done():
			return errors.Join(errors.New("not everything was consumed"), context.Cause(ctx))
		}
	})
}
