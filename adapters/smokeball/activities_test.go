package smokeball_test

import (
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

func TestActivities(t *testing.T) {
	v, c := connected(t)
	v.on("GET /tasks/{id}", "", "", replies(200, `{"id":"`+uuidA+`","matter":{"id":"`+uuidB+`"},"subject":"Call the client","dueDateOnly":"2026-11-24","isCompleted":true,"isDeleted":false,"note":"n"}`))
	v.on("GET /events/{id}", "", "", replies(200, `{"id":"`+uuidC+`","matter":{"href":"https://x/matters/`+uuidB+`"},"subject":"Hearing","startTime":"2026-11-24T09:00:00","isDeleted":true}`))
	for _, want := range []domain.Activity{
		{Kind: domain.Task, Matter: uuidB, Subject: "Call the client", When: "2026-11-24", Done: true},
		{Kind: domain.Appointment, Matter: uuidB, Subject: "Hearing", When: "2026-11-24T09:00:00", Deleted: true},
	} {
		if got, err := c.Activity(t.Context(), firm, want.Kind, uuidA); err != nil || got != want {
			t.Errorf("got %+v, %v; want %+v", got, err, want)
		}
	}
}

func TestAnActivityThatIsGone(t *testing.T) {
	v, c := connected(t)
	v.on("GET /tasks/{id}", "", "", replies(404, `{"title":"Not Found","status":404}`))
	if _, err := c.Activity(t.Context(), firm, domain.Task, uuidA); !domain.IsNotThere(err) {
		t.Errorf("got %v", err)
	}
}
