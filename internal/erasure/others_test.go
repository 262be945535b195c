package erasure

import (
	"context"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// private is a ledger that counts the events of other firms which are read of it.
type private struct {
	*eventstore.Bolt
	others int
}

func (p *private) count(events iter.Seq2[eventstore.Envelope, error]) iter.Seq2[eventstore.Envelope, error] {
	return func(yield func(eventstore.Envelope, error) bool) {
		for env, err := range events {
			if env.Stream.Firm != firm && env.Stream.Firm != domain.Nobody {
				p.others++
			}
			if !yield(env, err) {
				return
			}
		}
	}
}

func (p *private) Read(ctx context.Context, s domain.Stream) iter.Seq2[eventstore.Envelope, error] {
	return p.count(p.Bolt.Read(ctx, s))
}

func (p *private) Tail(ctx context.Context, after eventstore.Seq) iter.Seq2[eventstore.Envelope, error] {
	return p.count(p.Bolt.Tail(ctx, after))
}

func (p *private) ReadKind(ctx context.Context, k domain.Kind, f domain.FirmID) iter.Seq2[eventstore.Envelope, error] {
	return p.count(p.Bolt.ReadKind(ctx, k, f))
}

// TestAnErasureReadsItsFirmAlone: what other firms have costs neither the plan, the request nor the steps.
func TestAnErasureReadsItsFirmAlone(t *testing.T) {
	p := newPlace(t)
	p.matter(t, "m_1", "One", rivera)
	p.append(t, domain.MatterStream(firm, "m_1"), domain.DocumentApproved{Document: domain.DocumentData{ID: "d_1", Content: domain.Content{Object: "casehug-documents/own"}}})
	others(t, p.ledger, 20)
	ledger := &private{Bolt: p.ledger}
	p.runner.Ledger, p.runner.Kinds = ledger, ledger
	subject := domain.EraseSubject{Matter: "m_1"}
	if _, err := p.runner.Plan(t.Context(), firm, subject); err != nil {
		t.Fatal(err)
	}
	p.request(t, subject)
	if _, err := p.runner.advance(t.Context(), Ref{firm, domain.EraseIDOf(firm, subject)}); err != nil {
		t.Fatal(err)
	}
	if ledger.others != 0 {
		t.Errorf("%d events of other firms were read", ledger.others)
	}
	if len(p.objects) != 1 {
		t.Errorf("destroyed are %v", p.objects)
	}
}

// others writes what other firms have: matters of two events.
func others(tb testing.TB, l *eventstore.Bolt, events int) {
	tb.Helper()
	const atOnce = 250 // matters whose first and second events go in together
	for n := 0; n < events/2; n += atOnce {
		var c *eventstore.Commit
		for i := n; i < min(n+atOnce, events/2); i++ {
			id := domain.MatterID(fmt.Sprint("m_", i))
			of := domain.FirmID(fmt.Sprint("f_other", i%50))
			c = &eventstore.Commit{Stream: domain.MatterStream(of, id), At: time.Unix(1, 0), First: c, Events: []domain.Event{
				domain.MatterCreated{Matter: domain.MatterData{ID: id, Version: 1, Title: "Another", Client: oak}}, domain.SyncRequested{Sync: "s_1", Trigger: domain.TriggerManual}}}
		}
		if _, err := l.Append(tb.Context(), *c); err != nil {
			tb.Fatal(err)
		}
	}
}

// BenchmarkPlanAmongOthers makes the plan of a firm with 20 matters, beside events of other firms.
func BenchmarkPlanAmongOthers(b *testing.B) {
	for _, events := range []int{1_000, 100_000} {
		b.Run(fmt.Sprint(events), func(b *testing.B) {
			p := newPlace(b)
			for n := range 20 {
				p.matter(b, domain.MatterID(fmt.Sprint("m_", n)), "One", rivera)
			}
			others(b, p.ledger, events)
			for b.Loop() {
				if _, err := p.runner.Plan(b.Context(), firm, domain.EraseSubject{Matter: "m_7"}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
