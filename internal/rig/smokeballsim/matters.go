package smokeballsim

import (
	"fmt"
	"time"
)

// matter is a case of a firm with its documents.
type matter struct {
	ID      string
	In      matterIn
	Updated time.Time
	Tags    []matterTag
	Files   *shelf[*file]
	Folders *shelf[*folder]
	Memos   *shelf[*memo]
}

func (c *call) findMatter() (*matter, *problem) {
	return find(c, "matter", c.id("matterId"), func(a *account) *shelf[*matter] { return a.Matters })
}

func createMatter(c *call) (reply, *problem) {
	var in matterIn
	if p := strict(c.body, &in); p != nil {
		return reply{}, p
	}
	in, p := c.completeMatter(c.account, in)
	if p != nil {
		return reply{}, p
	}
	m := newMatter(c.chance.id(), in)
	c.account.Matters.reserve(m.ID, m)
	return c.accept(c.write("Matter", "make", m.ID, nil)), nil
}

// completeMatter sets a new matter's defaults and refuses an invalid one.
func (s *views) completeMatter(a *account, in matterIn) (matterIn, *problem) {
	if in.Status == "" {
		in.Status = "Open"
	}
	if in.OpenedDate == "" && !in.IsLead {
		in.OpenedDate = utc(time.Now())
	}
	flaws := s.checkMatter(a, in)
	if len(flaws) > 0 {
		return in, invalidAll(flaws...)
	}
	t, _ := s.matterType(a, in.MatterTypeID)
	in.ClientRole, in.OtherSideRole = rolesOf(t, in.ClientRole, in.OtherSideRole)
	return in, nil
}

func newMatter(id string, in matterIn) *matter {
	return &matter{ID: id, In: in, Files: newShelf[*file](), Folders: newShelf[*folder](), Memos: newShelf[*memo]()}
}

func (l *landing) showMatter(m *matter) error {
	m.Updated = time.Now()
	m.number(l.firm)
	l.firm.Matters.show(m.ID)
	l.announceMatter(m)
	return nil
}

// number gives a matter without a number the firm's next one.
func (m *matter) number(a *account) {
	if m.In.Number != "" || !a.AutoNumber {
		return
	}
	a.Numbered++
	m.In.Number = fmt.Sprintf("%d-%04d", m.Updated.Year(), a.Numbered)
}

// announceMatter sends the webhooks of a new matter: sometimes more than one, as the vendor
// does.
func (l *landing) announceMatter(m *matter) {
	l.tell("matter.created", l.viewMatter(l.firm, m))
	if l.hit(0.5) {
		l.tell("matter.initialized", l.viewMatter(l.firm, m))
	}
	if l.hit(0.25) {
		l.tell("matter.updated", l.viewMatter(l.firm, m))
	}
}

func replaceMatter(c *call) (reply, *problem) {
	m, p := c.findMatter()
	if p != nil {
		return reply{}, p
	}
	var in matterIn
	if p := strict(c.body, &in); p != nil {
		return reply{}, p
	}
	if in, p = c.checkReplacement(m, in); p != nil {
		return reply{}, p
	}
	return c.accept(c.write("Matter", "replace", m.ID, in)), nil
}

func (l *landing) replaceMatter(m *matter) error {
	var in matterIn
	if err := l.read(&in); err != nil {
		return err
	}
	l.changeMatter(m, in)
	return nil
}

func (l *landing) deleteMatter(m *matter) error {
	in := m.In
	in.Status = "Deleted"
	l.changeMatter(m, in)
	return nil
}

func (l *landing) changeMatter(m *matter, in matterIn) {
	was := m.In
	m.In, m.Updated = in, time.Now()
	for _, event := range matterEvents(was, in) {
		l.tell(event, l.viewMatter(l.firm, m))
	}
}

// matterEvents returns the webhook types that a change causes.
func matterEvents(was, now matterIn) []string {
	events := []string{"matter.updated"}
	if was.IsLead && !now.IsLead {
		events = append(events, "matter.converted")
	}
	if was.Status != "Closed" && now.Status == "Closed" {
		events = append(events, "matter.closed")
	}
	return events
}

func deleteMatter(c *call) (reply, *problem) {
	m, p := c.findMatter()
	if p != nil {
		return reply{}, p
	}
	return c.accept(c.write("Matter", "delete", m.ID, nil)), nil
}
