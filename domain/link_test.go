package domain_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

const sbOther domain.SmokeballID = "8f14e45f-0000-4000-8000-0000000000ff"

// ended is the matter, synced, with its sync at an end.
func ended() []domain.Event {
	return and(inOak(domain.TriggerDocumentApproved), domain.SyncSucceeded{Sync: syncFor(2)})
}

func unlinkedByHand() domain.MatterUnlinked {
	return domain.MatterUnlinked{Matter: sbM, Account: "oak", Reason: domain.UnlinkedByPerson, By: "u_1"}
}

func chosen() domain.MatterLinked {
	return domain.MatterLinked{Matter: sbOther, How: domain.LinkedByHand, Account: "oak", By: "u_1"}
}

func refusedWith(t *testing.T, facts []domain.Event, err error, want domain.Code) {
	t.Helper()
	r := domain.AsRejection(err)
	if len(facts) > 0 || r == nil || r.Failure.Code != want || r.Failure.Remedy == "" {
		t.Errorf("decided\n%swith error %v, want nothing and code %s with a remedy", told(facts), err, want)
	}
}

func heldSync(n int) domain.SyncDeferred {
	return domain.SyncDeferred{Sync: syncFor(n), Failure: domain.Failure{Code: domain.CodeMatterUnlinked}}
}

// TestLinkByHand tells when a person may link a matter, and what follows.
func TestLinkByHand(t *testing.T) {
	held := and(ended(), unlinkedByHand(), asked(5, domain.TriggerDocumentApproved), started(5, 1), heldSync(5))
	for name, c := range map[string]struct {
		given []domain.Event
		then  []domain.Event
		code  domain.Code
	}{
		"a matter that was never synced":         {list(created(1)), list(chosen()), ""},
		"while a sync is queued":                 {list(created(1), asked(2, domain.TriggerManual)), list(chosen()), ""},
		"a sync that waits for the link goes on": {held, list(chosen(), domain.SyncReleased{Sync: syncFor(5), Reason: domain.ReleasedByLink}), ""},
		"unknown to CaseHug":                     {nil, nil, domain.CodeMatterUnknown},
		"over an existing link":                  {ended(), nil, domain.CodeAlreadyLinked},
		"while a sync is at work":                {running(), nil, domain.CodeSyncRunning},
		"while a creation is open": {and(running(domain.MatterCreationStarted{Sync: syncFor(2), Request: "r-create"}),
			domain.SyncDeferred{Sync: syncFor(2), Until: start.Add(time.Hour)}), nil, domain.CodeCreationOpen},
	} {
		t.Run(name, func(t *testing.T) {
			facts, err := given[domain.Matter](c.given...).LinkByHand(chosen())
			if c.code != "" {
				refusedWith(t, facts, err, c.code)
				return
			}
			then(t, must(t, facts, err), c.then...)
		})
	}
}

// TestUnlinkByHand tells when a person may unlink a matter.
func TestUnlinkByHand(t *testing.T) {
	made := accepted(2)
	for name, c := range map[string]struct {
		given []domain.Event
		code  domain.Code
	}{
		"a linked matter":                 {ended(), ""},
		"one that is gone in Smokeball":   {and(ended(), domain.MatterGone{Sync: syncFor(2), Matter: sbM}), ""},
		"nothing to unlink":               {list(created(1)), domain.CodeNotLinked},
		"it once":                         {and(ended(), unlinkedByHand()), domain.CodeNotLinked},
		"while a sync is at work":         {inOak(domain.TriggerManual), domain.CodeSyncRunning},
		"one that Smokeball did not show": {and(running(made), domain.SyncDeferred{Sync: syncFor(2), Until: start.Add(time.Hour)}), domain.CodeCreationOpen},
	} {
		t.Run(name, func(t *testing.T) {
			facts, err := given[domain.Matter](c.given...).UnlinkByHand("u_1")
			if c.code != "" {
				refusedWith(t, facts, err, c.code)
				return
			}
			then(t, must(t, facts, err), unlinkedByHand())
		})
	}
}

// TestAnUnlinkedMatterWaitsForAPerson tells that after a person unlinked a matter only a person
// lets a sync link it or make another one.
func TestAnUnlinkedMatterWaitsForAPerson(t *testing.T) {
	parted := and(ended(), unlinkedByHand())
	waits := and(parted, asked(5, domain.TriggerDocumentApproved), started(5, 1), heldSync(5))
	joins := func(t domain.Trigger) domain.Event {
		return domain.SyncJoined{Sync: syncFor(5), Origin: ref(6), By: "u_5", Trigger: t}
	}
	for name, c := range map[string]struct {
		given []domain.Event
		held  bool
	}{
		"before":                             {ended(), false},
		"after it":                           {parted, true},
		"an automatic sync":                  {and(parted, asked(5, domain.TriggerDocumentApproved)), true},
		"a retry":                            {and(parted, asked(5, domain.TriggerRetry)), true},
		"a person's":                         {and(parted, asked(5, domain.TriggerManual)), false},
		"joined by an event":                 {and(waits, joins(domain.TriggerDocumentApproved)), true},
		"joined by a person":                 {and(waits, joins(domain.TriggerManual)), false},
		"asked for before it was unlinked":   {and(list(created(1)), append(ended()[1:], asked(5, domain.TriggerManual), unlinkedByHand())...), true},
		"another was linked":                 {and(parted, chosen()), false},
		"unlinked because it was gone":       {and(ended(), domain.MatterUnlinked{Matter: sbM, Account: "oak", Reason: domain.UnlinkedGone}), false},
		"the one that was made next is gone": {and(parted, asked(5, domain.TriggerManual), started(5, 1), accepted(5)), false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := given[domain.Matter](c.given...).Held(); got != c.held {
				t.Errorf("held %v, want %v", got, c.held)
			}
		})
	}
	m := given[domain.Matter](parted...)
	if !slices.Contains(m.Apart, sbM) || m.Former["oak"].ID != sbM {
		t.Errorf("it is apart from %v and was %v", m.Apart, m.Former)
	}
	again := chosen()
	again.Matter = sbM
	if m := m.Apply(again, start); len(m.Apart) != 0 || m.Held() {
		t.Errorf("linked again it is apart from %v", m.Apart)
	}
}

// TestAReservation tells that two CaseHug matters never hold one matter of Smokeball's, and that
// a reservation without a link ends.
func TestAReservation(t *testing.T) {
	mine, theirs := domain.MatterReserved{Matter: sbM, For: "m_1"}, domain.MatterReserved{Matter: sbM, For: "m_2"}
	for name, c := range map[string]struct {
		given  []domain.Event
		linked bool
		after  time.Duration
		taken  bool
	}{
		"nobody's":                       {nil, false, 0, false},
		"mine":                           {list(mine), true, 0, false},
		"theirs, a moment old":           {list(theirs), false, time.Second, true},
		"theirs, linked":                 {list(theirs), true, time.Hour, true},
		"theirs, at the end of its time": {list(theirs), false, domain.ReservedFor, false},
		"theirs, never linked":           {list(theirs), false, 2 * domain.ReservedFor, false},
		"theirs, freed":                  {list(theirs, domain.MatterFreed{Matter: sbM, For: "m_2"}), false, 0, false},
		"theirs, freed by somebody else": {list(theirs, domain.MatterFreed{Matter: sbM, For: "m_1"}), true, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			facts, err := given[domain.Reservation](c.given...).Reserve(mine, c.linked, start.Add(c.after))
			if c.taken != errors.Is(err, domain.ErrTaken) {
				t.Fatalf("reserving ends with %v", err)
			}
			if !c.taken {
				then(t, facts, mine)
			}
		})
	}
	if facts := given[domain.Reservation](theirs).Free(domain.MatterFreed{Matter: sbM, For: "m_1"}); len(facts) > 0 {
		t.Error("what another matter holds is freed")
	}
}

// TestARestoredMatterStaysAsAPersonLinkedIt tells that what a person decided of the clients counts
// after the matter was gone and is there again.
func TestARestoredMatterStaysAsAPersonLinkedIt(t *testing.T) {
	link := chosen()
	link.Choice, link.Left = domain.ClientKept, []domain.ClientID{clientA}
	m := given[domain.Matter](created(1), link, domain.MatterLinked{Matter: sbOther, How: domain.LinkedRestored, Account: "oak"})
	if !slices.Equal(m.Smokeball.Left, link.Left) {
		t.Errorf("the client is put on the matter after all: %v", m.Smokeball.Left)
	}
}
