package smokeball_test

import (
	"slices"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

func TestChangedMattersAreListed(t *testing.T) {
	v, c := connected(t)
	query := "Limit Offset Sort Status LastUpdated"
	v.on("GET /matters", "", query, replies(200, `{"value":[{"id":"a","versionId":"638609288928990639","status":"Open"},{"id":"b","versionId":"v2","status":"Deleted"}],"size":700}`))
	since := time.Date(2026, 11, 2, 15, 4, 5, 999, time.UTC)
	got, err := c.ChangedMatters(t.Context(), firm, since, 500)
	must(t, err)
	if len(got.Matters) != 2 || !got.More || got.Matters[0].LastUpdated != 638609288928990639 || got.Matters[1].LastUpdated != 0 {
		t.Errorf("got %+v", got)
	}
	asked := v.last().Query
	if asked.Get("LastUpdated") != "2026-11-02T15:04:05Z" || asked.Get("Offset") != "500" || asked.Get("Sort") != "asc(lastUpdated)" ||
		!slices.Contains(asked["Status"], "Deleted") {
		t.Errorf("asked for %v", asked)
	}
	if _, err := c.ChangedMatters(t.Context(), firm, time.Time{}, 0); err != nil || v.last().Query.Has("LastUpdated") {
		t.Errorf("everything is asked for with %v: %v", v.last().Query, err)
	}
}

func TestChangedContactsAreListed(t *testing.T) {
	v, c := connected(t)
	v.on("GET /contacts", "", "Limit Offset Sort UpdatedSince", replies(200, `{"value":[{"id":"a","lastUpdated":638609288928990639,"isDeleted":true,"person":{"lastName":"Rivera"}}],"size":1}`))
	got, err := c.ChangedContacts(t.Context(), firm, domain.TimeOfTicks(638609288920000000), 0)
	must(t, err)
	if len(got.Contacts) != 1 || got.More || !got.Contacts[0].Deleted || got.Contacts[0].LastUpdated != 638609288928990639 {
		t.Errorf("got %+v", got)
	}
	if asked := v.last().Query; asked.Get("UpdatedSince") != "638609288920000000" || asked.Get("Sort") != "asc(lastUpdated)" {
		t.Errorf("asked for %v", asked)
	}
}

func TestAListThatIsNoneIsUnreadable(t *testing.T) {
	v, c := connected(t)
	v.on("GET /matters", "", "Limit Offset Sort Status", replies(200, `{"size":3}`))
	if got, err := c.ChangedMatters(t.Context(), firm, time.Time{}, 0); err == nil {
		t.Errorf("got %+v", got)
	}
}
