package syncing

import (
	"context"
	"log/slog"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/retry"
)

// Settler settles differences by the owner of the field, of firms that switched that on: CaseHug's
// value is written, or Smokeball's is accepted. Each decision is a fact like a person's, by the
// setting. What the decision refuses is left to people.
type Settler struct {
	Differences Differences
	Views       interface {
		// FollowSettled follows the firms: changed yields those of which anything has changed since it was called
		// last, at first all, with their tables of owners and whether they have switched it on.
		FollowSettled() (changed func(fn func(f domain.FirmID, owners domain.FieldOwners, on bool)) error, stop func())
		// Differing lists a firm's differences, part by part: next is where the rest begins, 0 at the end.
		Differing(f domain.FirmID, before uint64) (list []domain.OpenDifference, next uint64, err error)
		Changes() (position uint64, moved <-chan struct{})
		Wait(ctx context.Context, position uint64) error
	}
	Now func() time.Time
	Log *slog.Logger
}

const (
	// settleEvery is how long the settler waits after the rows have moved.
	settleEvery = 2 * time.Second
	// leftFor is how long a difference is left alone about which nothing could be decided.
	leftFor = 10 * time.Minute
)

// Run settles until ctx ends, and returns nil then.
func (s Settler) Run(ctx context.Context) error {
	left := map[domain.OpenDifference]time.Time{}
	for ctx.Err() == nil {
		s.follow(ctx, left)
	}
	return nil
}

// follow settles what all firms have, and for a while what those have that change. It ends early after an error.
func (s Settler) follow(ctx context.Context, left map[domain.OpenDifference]time.Time) {
	changed, stop := s.Views.FollowSettled()
	defer stop()
	for d, until := range left {
		if !s.Now().Before(until) {
			delete(left, d)
		}
	}
	again := time.NewTimer(leftFor)
	defer again.Stop()
	for {
		_, moved := s.Views.Changes()
		err := s.settleChanged(ctx, changed, left)
		if err != nil && ctx.Err() == nil {
			s.Log.Warn("differences can't be settled now; retrying", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-again.C:
			return
		case <-moved:
			_ = retry.Wait(ctx, settleEvery) // ends early with ctx only
		}
		if err != nil {
			return
		}
	}
}

func (s Settler) settleChanged(ctx context.Context, changed func(func(domain.FirmID, domain.FieldOwners, bool)) error, left map[domain.OpenDifference]time.Time) error {
	firms := map[domain.FirmID]domain.FieldOwners{}
	err := changed(func(f domain.FirmID, owners domain.FieldOwners, on bool) {
		if on {
			firms[f] = owners
		}
	})
	if err != nil {
		return err
	}
	var position uint64
	for f, owners := range firms {
		at, err := s.firm(ctx, f, owners, left)
		position = max(position, at)
		if err != nil {
			return err
		}
	}
	return s.Views.Wait(ctx, position)
}

// firm settles what differs in a firm, and returns the position of what it recorded.
func (s Settler) firm(ctx context.Context, f domain.FirmID, owners domain.FieldOwners, left map[domain.OpenDifference]time.Time) (position uint64, err error) {
	for before := uint64(0); ctx.Err() == nil; {
		list, next, err := s.Views.Differing(f, before)
		if err != nil {
			return position, err
		}
		for _, d := range list {
			if _, tried := left[d]; tried {
				continue
			}
			at, err := s.settle(ctx, d, owners.Of(d.Field))
			switch r := domain.AsRejection(err); {
			case err != nil && r == nil:
				return position, err
			case r != nil && r.Failure.Code == domain.CodeChangedMeanwhile:
				continue // it is being read
			}
			left[d], position = s.Now().Add(leftFor), max(position, at)
		}
		if before = next; next == 0 {
			break
		}
	}
	return position, nil
}

// settle decides about one difference; a Rejection leaves it to people.
func (s Settler) settle(ctx context.Context, d domain.OpenDifference, owner domain.FieldOwner) (position uint64, err error) {
	by, field := domain.User{Firm: d.Firm, Subject: domain.BySetting}, domain.FieldRef{Firm: d.Firm, Matter: d.Matter, Name: d.Field}
	switch owner {
	case domain.OwnerCaseHug:
		_, position, err = s.Differences.Repair(ctx, by, field)
	case domain.OwnerSmokeball:
		position, err = s.Differences.Accept(ctx, by, field)
	}
	return position, err
}
