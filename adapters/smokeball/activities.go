package smokeball

import (
	"context"

	"github.com/casehug/smokeball-sync/domain"
)

// shownTask is a task as Smokeball shows it.
type shownTask struct {
	Matter  link   `json:"matter"`
	Subject string `json:"subject"`
	Due     string `json:"dueDateOnly"`
	Done    bool   `json:"isCompleted"`
	Deleted bool   `json:"isDeleted"`
}

// shownEvent is an appointment as Smokeball shows it.
type shownEvent struct {
	Matter  link   `json:"matter"`
	Subject string `json:"subject"`
	Start   string `json:"startTime"`
	Deleted bool   `json:"isDeleted"`
}

// Activity reads a task or an appointment. One that Smokeball does not have, or shows
// nobody, is a CallError of class NotThere or NotPermitted.
func (c *Client) Activity(ctx context.Context, firm domain.FirmID, kind domain.ActivityKind, id domain.SmokeballID) (domain.Activity, error) {
	a := domain.Activity{Kind: kind}
	if kind == domain.Appointment {
		var e shownEvent
		err := c.do(ctx, firm, get("read event", nil, "events", string(id)), &e)
		a.Matter, a.Subject, a.When, a.Deleted = e.Matter.target(), e.Subject, e.Start, e.Deleted
		return a, err
	}
	var t shownTask
	err := c.do(ctx, firm, get("read task", nil, "tasks", string(id)), &t)
	a.Matter, a.Subject, a.When, a.Done, a.Deleted = t.Matter.target(), t.Subject, t.Due, t.Done, t.Deleted
	return a, err
}
