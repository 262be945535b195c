package syncing_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// colleague is another program of the firm that works with Smokeball; it returns the
// first id that Smokeball answers with.
func (o *office) colleague(method, path, body string) string {
	o.Helper()
	tokens, err := o.sim.Grant(oakAccount)
	o.must(err)
	r, err := http.NewRequestWithContext(o.Context(), method, "https://smokeball.example"+path, bytes.NewReader([]byte(body)))
	o.must(err)
	r.Header.Set("x-api-key", "sim-key")
	r.Header.Set("Authorization", "Bearer "+tokens.Access)
	r.Header.Set("RequestId", fmt.Sprint("colleague-", o.newID()))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	a, err := o.sim.Transport().RoundTrip(r)
	o.must(err)
	defer a.Body.Close()
	var made struct {
		ID    string
		Value []struct{ ID string }
	}
	if a.StatusCode >= 300 {
		text, _ := io.ReadAll(a.Body)
		o.Fatalf("%s %s: %s %s", method, path, a.Status, text)
	}
	_ = json.NewDecoder(a.Body).Decode(&made) // a deletion answers nothing
	if len(made.Value) > 0 {
		return made.Value[0].ID
	}
	return made.ID
}

// plans are the sentences about tasks and appointments on the matter's timeline.
func (o *office) plans(m domain.MatterID) []string {
	o.Helper()
	row, _, err := storedIn(o.rows).Matters.Matter(oak, m)
	o.must(err)
	var list []string
	for _, moment := range row.Timeline {
		if strings.HasPrefix(moment.Event, "activity.") {
			list = append(list, moment.Text)
		}
	}
	return list
}

func (o *office) wantsPlans(want ...string) {
	o.Helper()
	o.until("the timeline tells it", func() bool { return len(o.plans(accident().ID)) >= len(want) })
	o.rest()
	if got := o.plans(accident().ID); !slices.Equal(got, want) {
		o.Errorf("the timeline tells\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// staff is a person of the firm.
func (o *office) staff() string { o.Helper(); return o.colleague("GET", "/staff", "") }

func TestTasksAndAppointmentsStandOnTheTimeline(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.hooks()
		o.sends(accident())
		matter := o.one().ID
		task := o.colleague("POST", "/tasks", fmt.Sprintf(`{"matterId":%q,"staffId":%q,"subject":"Call the client","dueDateOnly":"2026-11-24T00:00:00"}`, matter, o.staff()))
		told := []string{"Task “Call the client” was added in Smokeball, due Nov 24, 2026"}
		o.wantsPlans(told...)
		o.colleague("PUT", "/tasks/"+task, fmt.Sprintf(`{"matterId":%q,"staffId":%q,"subject":"Call the client","dueDateOnly":"2026-11-24T00:00:00","isCompleted":true}`, matter, o.staff()))
		told = append(told, "Task “Call the client” was completed in Smokeball")
		o.wantsPlans(told...)
		event := o.colleague("POST", "/events", fmt.Sprintf(`{"matterId":%q,"subject":"Hearing","type":"Normal","startTime":"2026-12-01T09:30:00","endTime":"2026-12-01T10:00:00","timeZone":"America/Chicago","attendees":[%q]}`, matter, o.staff()))
		told = append(told, "Appointment “Hearing” was added in Smokeball, for Dec 1, 2026, 9:30 AM")
		o.wantsPlans(told...)
		o.colleague("DELETE", "/events/"+event, "")
		o.wantsPlans(append(told, "Appointment “Hearing” was deleted in Smokeball")...)
	})
}

// TestPlansOfOtherMattersAreNotRead tells of a task whose matter CaseHug has not: no call
// is made for it.
func TestPlansOfOtherMattersAreNotRead(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.hooks()
		o.sends(accident())
		matter := o.theirs("OTHER-1")
		o.colleague("POST", "/tasks", fmt.Sprintf(`{"matterId":%q,"staffId":%q,"subject":"Call"}`, matter, o.staff()))
		o.rest()
		if n := o.calls("GET /tasks/{id}"); n != 0 || len(o.plans(accident().ID)) != 0 {
			o.Errorf("%d reads; the timeline tells %v", n, o.plans(accident().ID))
		}
	})
}

// TestPlansSurviveFaultsAndRestarts loses reads and restarts the engine: each change is
// told once.
func TestPlansSurviveFaultsAndRestarts(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.hooks()
		o.sends(accident())
		matter := o.one().ID
		o.fault(smokeballsim.Fault{Route: "GET /tasks/{id}", Kind: smokeballsim.Status, Status: 503, Count: 3})
		o.fault(smokeballsim.Fault{Kind: smokeballsim.Duplicate, Probability: 1})
		o.colleague("POST", "/tasks", fmt.Sprintf(`{"matterId":%q,"staffId":%q,"subject":"Call"}`, matter, o.staff()))
		time.Sleep(10 * time.Second)
		o.restart()
		o.wantsPlans("Task “Call” was added in Smokeball")
	})
}
