package projections_test

import (
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// TestTheDayOfAFirm: what happened in its last 24 hours is counted by the hour, and nothing older.
func TestTheDayOfAFirm(t *testing.T) {
	l := newLedger()
	matter, hooks := domain.MatterStream(oak, matterOfMaria), domain.WebhookStream(oak, string(sbMatter))
	received := domain.SmokeballWebhookReceived{Origin: ref("w"), Type: "matter.updated", Resource: sbMatter}
	now := start.Add(40 * time.Hour)
	l.tellAt(t, now.Add(-30*time.Hour), hooks, received)
	l.tellAt(t, now.Add(-3*time.Hour), hooks, received, received)
	l.tellAt(t, now.Add(-3*time.Hour), matter, created(), requested("s_1", domain.TriggerManual), begun("s_1", 1), domain.SyncFailed{Sync: "s_1"})
	l.tellAt(t, now, matter, requested("s_2", domain.TriggerRetry), begun("s_2", 1), domain.SyncSucceeded{Sync: "s_2"})
	row, err := folded(t, l).Connections.Connection(oak)
	if err != nil {
		t.Fatal(err)
	}
	day := row.Today(now)
	if sum := day.Sum(now); sum.Received != 2 || sum.Failed != 1 || sum.Succeeded != 1 {
		t.Errorf("the day is %+v", sum)
	}
	hours := day.Hours(now)
	if len(hours) != 24 || hours[20].Received != 2 || hours[20].Failed != 1 || hours[23].Succeeded != 1 || !hours[23].Begin().Equal(now.Truncate(time.Hour)) {
		t.Errorf("its hours are %+v", hours)
	}
	if sum := row.Today(now.Add(48 * time.Hour)).Sum(now.Add(48 * time.Hour)); sum != (projections.HourCount{}) {
		t.Errorf("two days later the day is %+v", sum)
	}
}

// TestTheLastTestOfTheWebhooksIsKept, and that it arrived.
func TestTheLastTestOfTheWebhooksIsKept(t *testing.T) {
	l := newLedger()
	l.tell(t, domain.ConnectionStream(oak), domain.WebhooksTested{By: "u_1"})
	v := folded(t, l)
	if row, err := v.Connections.Connection(oak); err != nil || row.HookTest.By != "u_1" || row.HookTest.Asked.IsZero() || !row.HookTest.Answered.IsZero() {
		t.Errorf("the test that was asked for is %+v, %v", row.HookTest, err)
	}
	l.tell(t, domain.WebhookStream(oak, "test"), domain.SmokeballWebhookReceived{Origin: ref("w"), Type: domain.WebhookTest})
	caughtUp(t, v, l)
	if row, err := v.Connections.Connection(oak); err != nil || !row.HookTest.Answered.After(row.HookTest.Asked) {
		t.Errorf("the test that arrived is %+v, %v", row.HookTest, err)
	}
}
