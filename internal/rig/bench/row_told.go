package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/casehug/smokeball-sync/domain"
)

// measureTold has a person close, and open, a matter in Smokeball and waits until CaseHug's subject
// has it: Smokeball's webhook over HTTP, the bus, the engine's read of the matter over HTTP, the
// ledger and the outbox. Between two changes there is time for the hints of the last one to end.
func measureTold(ctx context.Context, l *lab) ([]result, error) {
	n := l.size(60, 9)
	s, err := l.openSite(ctx, conditions{rate: "5", burst: "5", connected: true})
	if err != nil {
		return nil, err
	}
	defer s.close()
	chosen := domain.DefaultSettings
	chosen.OnMatterCreated = true
	if err := s.choose(ctx, chosen); err != nil {
		return nil, err
	}
	if err := s.bringMatters(ctx, 0, 1, 0); err != nil {
		return nil, err
	}
	heard, err := s.services.conn.SubscribeSync("sync." + string(firm) + ".matter.changed_in_smokeball")
	if err != nil {
		return nil, err
	}
	if err := s.services.conn.Flush(); err != nil {
		return nil, err
	}
	matter := s.smokeball.State().Accounts[0].Matters[0].ID
	var took times
	for i := range n {
		inSmokeball, inCaseHug := "Closed", "closed"
		if i%2 == 1 {
			inSmokeball, inCaseHug = "Open", "active"
		}
		began := time.Now()
		if err := s.smokeball.EditMatter(matter, fmt.Appendf(nil, `{"status":%q}`, inSmokeball)); err != nil {
			return nil, err
		}
		if err := awaitStatus(ctx, heard, inCaseHug); err != nil {
			return nil, fmt.Errorf("change %d to %s: %w", i, inSmokeball, err)
		}
		took = append(took, time.Since(began))
		time.Sleep(pauseBetween)
	}
	return []result{{what: "a matter closed in Smokeball → CaseHug's subject, webhook and read over HTTP", goal: "p50 < 2 s", measured: took.String(), beside: "2 s, the promise",
		ratio: fmt.Sprintf("%.2f", took.at(.5).Seconds()/2), met: took.at(.5) < 2*time.Second}}, nil
}

// pauseBetween is the time between two changes of people.
const pauseBetween = 300 * time.Millisecond

// awaitStatus waits for a change of the status, in CaseHug's words.
func awaitStatus(ctx context.Context, heard *nats.Subscription, want string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		m, err := heard.NextMsgWithContext(ctx)
		if err != nil {
			return err
		}
		var told struct {
			Data struct {
				Changed struct {
					Status string `json:"status"`
				} `json:"changed"`
			} `json:"data"`
		}
		if err := json.Unmarshal(m.Data, &told); err != nil {
			return err
		}
		if told.Data.Changed.Status == want {
			return nil
		}
	}
}
