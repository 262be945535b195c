package smokeballsim

import (
	"time"
)

// task is a task of a staff member.
type task struct {
	ID       string
	In       taskIn
	Author   string // staff id
	Editor   string // staff id
	Created  time.Time
	Updated  time.Time
	Finished dateTime `json:",omitempty"`
	Deleted  bool
}

type taskIn struct {
	MatterID          string   `json:"matterId"`
	StaffID           string   `json:"staffId"`
	CompletedByID     string   `json:"completedByStaffId"`
	AssigneeIDs       []string `json:"assigneeIds"`
	Subject           string   `json:"subject"`
	Note              string   `json:"note"`
	IsCompleted       bool     `json:"isCompleted"`
	Categories        []string `json:"categories"`
	CompletedDate     dateTime `json:"completedDate,omitempty"`
	CompletedDateOnly dateTime `json:"completedDateOnly,omitempty"`
	DueDate           dateTime `json:"dueDate,omitempty"`
	DueDateOnly       dateTime `json:"dueDateOnly,omitempty"`
	Duration          string   `json:"duration"`
}

// taskOut is a task as it is read: the author's staff id is left out.
type taskOut struct {
	hyper
	ID                string   `json:"id"`
	Matter            *link    `json:"matter,omitempty"`
	CreatedBy         *link    `json:"createdBy,omitempty"`
	CompletedBy       *link    `json:"completedBy,omitempty"`
	LastUpdatedBy     *link    `json:"lastUpdatedBy,omitempty"`
	Assignees         []link   `json:"assignees"`
	SubTasks          []link   `json:"subTasks"`
	Subject           string   `json:"subject,omitempty"`
	Note              string   `json:"note,omitempty"`
	Categories        []string `json:"categories"`
	DueDate           dateTime `json:"dueDate,omitempty"`
	DueDateOnly       dateTime `json:"dueDateOnly,omitempty"`
	CompletedDate     dateTime `json:"completedDate,omitempty"`
	CompletedDateOnly dateTime `json:"completedDateOnly,omitempty"`
	CreatedDate       dateTime `json:"createdDate"`
	CreatedDateOnly   dateTime `json:"createdDateOnly"`
	IsCompleted       bool     `json:"isCompleted"`
	IsDeleted         bool     `json:"isDeleted"`
	LastUpdated       int64    `json:"lastUpdated"` // .NET ticks
	Duration          string   `json:"duration,omitempty"`
}

func (c *call) findTask() (*task, *problem) {
	return find(c, "task", c.id("id"), func(a *account) *shelf[*task] { return a.Tasks })
}

// readTask decodes and checks a task.
func (c *call) readTask() (taskIn, *problem) {
	var in taskIn
	if p := strict(c.body, &in); p != nil {
		return in, p
	}
	var f flaws
	if in.StaffID == "" {
		f.add("staffId", "The staff member who writes the task is missing.")
	}
	c.account.checkStaff(&f, "staffId", in.StaffID)
	c.account.checkStaff(&f, "completedByStaffId", in.CompletedByID)
	c.account.checkStaff(&f, "assigneeIds", in.AssigneeIDs...)
	if in.MatterID != "" && !c.account.Matters.known(in.MatterID) {
		f.add("matterId", "No matter has the id %q.", in.MatterID)
	}
	if len(f) > 0 {
		return in, invalidAll(f...)
	}
	return in, nil
}

func createTask(c *call) (reply, *problem) {
	in, p := c.readTask()
	if p != nil {
		return reply{}, p
	}
	t := &task{ID: c.chance.id(), Author: in.StaffID, Created: time.Now()}
	c.account.Tasks.reserve(t.ID, t)
	return c.accept(c.write("Task", "make", t.ID, in)), nil
}

func (l *landing) showTask(t *task) error {
	l.firm.Tasks.show(t.ID)
	return l.rewriteTask(t, "task.created")
}

func (l *landing) replaceTask(t *task) error { return l.rewriteTask(t, "task.updated") }

func (l *landing) rewriteTask(t *task, event string) error {
	var in taskIn
	if err := l.read(&in); err != nil {
		return err
	}
	t.replace(in)
	l.tell(event, l.viewTask(t))
	return nil
}

func (t *task) replace(in taskIn) {
	t.In, t.Editor, t.Updated, t.Finished = in, in.StaffID, time.Now(), ""
	switch {
	case !in.IsCompleted:
	case in.CompletedDateOnly != "":
		t.Finished = in.CompletedDateOnly
	case in.CompletedDate != "":
		t.Finished = in.CompletedDate
	default:
		t.Finished = utc(t.Updated)
	}
}

func replaceTask(c *call) (reply, *problem) {
	t, p := c.findTask()
	if p != nil {
		return reply{}, p
	}
	in, p := c.readTask()
	if p != nil {
		return reply{}, p
	}
	return c.accept(c.write("Task", "replace", t.ID, in)), nil
}

func deleteTask(c *call) (reply, *problem) {
	t, p := c.findTask()
	if p != nil {
		return reply{}, p
	}
	return c.accept(c.write("Task", "delete", t.ID, nil)), nil
}

func (l *landing) deleteTask(t *task) error {
	t.Deleted, t.Updated = true, time.Now()
	l.tell("task.deleted", l.viewTask(t))
	return nil
}

func (s *views) viewTask(t *task) taskOut {
	due := t.In.DueDateOnly
	if due == "" {
		due = t.In.DueDate
	}
	out := taskOut{
		hyper: s.self("/tasks", t.ID), ID: t.ID, Matter: s.optional("/matters", t.In.MatterID),
		CreatedBy: s.optional("/staff", t.Author), LastUpdatedBy: s.optional("/staff", t.Editor),
		Assignees: s.links("/staff", t.In.AssigneeIDs), SubTasks: []link{}, Subject: t.In.Subject, Note: t.In.Note,
		Categories: append([]string{}, t.In.Categories...), DueDate: t.In.DueDate, DueDateOnly: due.dayOf(),
		CompletedDate: t.Finished, CompletedDateOnly: t.Finished.dayOf(),
		CreatedDate: utc(t.Created), CreatedDateOnly: utc(t.Created).dayOf(),
		IsCompleted: t.In.IsCompleted, IsDeleted: t.Deleted, LastUpdated: ticks(t.Updated), Duration: t.In.Duration,
	}
	if t.In.IsCompleted {
		out.CompletedBy = s.optional("/staff", t.In.CompletedByID)
	}
	return out
}

func getTask(c *call) (reply, *problem) {
	t, p := c.findTask()
	if p != nil {
		return reply{}, p
	}
	return ok(c.viewTask(t)), nil
}

func listTasks(c *call) (reply, *problem) {
	since, p := c.query.since()
	if p != nil {
		return reply{}, p
	}
	done, p := c.query.flag("IsCompleted")
	if p != nil {
		return reply{}, p
	}
	matter := c.query.one("MatterId")
	found := c.account.Tasks.where(func(t *task) bool {
		return (matter == "" || t.In.MatterID == matter) && (done == nil || *done == t.In.IsCompleted) && !t.Updated.Before(since)
	})
	return listed(c, found, c.viewTask)
}
