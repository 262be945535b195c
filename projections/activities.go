package projections

import (
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// Unread has one row per task, appointment or file that a webhook named and that was not
// read since.
var Unread = View[domain.UnreadActivity]{Name: "unread", Version: 2, Keys: activityKeys, Fold: foldUnread,
	Gone: func(u domain.UnreadActivity) bool { return u.Firm == "" }}

func activityKeys(env eventstore.Envelope) []string {
	if env.Stream.Kind != domain.KindActivity {
		return nil
	}
	return []string{rowKey(string(env.Stream.Firm), env.Stream.ID)}
}

func foldUnread(u domain.UnreadActivity, env eventstore.Envelope) domain.UnreadActivity {
	switch e := env.Event.(type) {
	case domain.ActivityNoticed:
		return domain.UnreadActivity{Firm: env.Stream.Firm, Notice: e}
	case domain.ActivityRead:
		return domain.UnreadActivity{}
	}
	return u
}

// ActivityRows reads the tasks and appointments that are to be read.
type ActivityRows struct{ *file }

// Unread lists what webhooks named and nothing has read since.
func (v ActivityRows) Unread() ([]domain.UnreadActivity, error) {
	var list []domain.UnreadActivity
	err := v.view(func(tx *snapshot) error {
		return all(tx, Unread, func(_ string, u domain.UnreadActivity) bool { list = append(list, u); return true })
	})
	return list, err
}

// describeActivity says in one sentence what happened to a task or an appointment.
func describeActivity(e domain.ActivityRead) string {
	what := "Task"
	switch e.Activity.Kind {
	case domain.Appointment:
		what = "Appointment"
	case domain.File:
		return describeFile(e)
	}
	what += " “" + e.Activity.Subject + "”"
	switch e.Change {
	case domain.ActivityAdded:
		return what + " was added in Smokeball" + when(e.Activity)
	case domain.ActivityChanged:
		return what + " was changed in Smokeball" + when(e.Activity)
	case domain.ActivityDone:
		return what + " was completed in Smokeball"
	case domain.ActivityDeleted:
		return what + " was deleted in Smokeball"
	}
	return ""
}

// describeFile says in one sentence what people did with a file.
func describeFile(e domain.ActivityRead) string {
	what := "File “" + e.Activity.Subject + "” was "
	switch e.Change {
	case domain.ActivityAdded:
		return what + "added in Smokeball"
	case domain.ActivityChanged:
		return what + "changed in Smokeball"
	case domain.ActivityTouched:
		return what + "added or changed in Smokeball"
	case domain.ActivityDeleted:
		return what + "removed in Smokeball"
	}
	return ""
}

// when is a task's due day or an appointment's start, as people write it.
func when(a domain.Activity) string {
	if a.Kind == domain.Task {
		if t, err := time.Parse(time.DateOnly, firstOf(a.When, len(time.DateOnly))); err == nil {
			return ", due " + t.Format("Jan 2, 2006")
		}
		return ""
	}
	if t, err := time.Parse("2006-01-02T15:04:05", firstOf(a.When, len("2006-01-02T15:04:05"))); err == nil {
		return ", for " + t.Format("Jan 2, 2006, 3:04 PM")
	}
	return ""
}

func firstOf(s string, n int) string { return s[:min(n, len(s))] }
