package smokeballsim

import "time"

// memo is a note on a matter.
type memo struct {
	ID, Matter string
	In         memoIn
	Author     string
	Created    dateTime
	Updated    time.Time
}

type memoIn struct {
	Title   string   `json:"title"`
	Text    *string  `json:"text"`
	UserID  string   `json:"userId"`
	Created dateTime `json:"createdDateUtc,omitempty"`
}

type memoOut struct {
	hyper
	ID          string   `json:"id"`
	MatterID    string   `json:"matterId"`
	Title       string   `json:"title"`
	Text        string   `json:"text"`
	PlainText   string   `json:"plainText"`
	CreatedDate dateTime `json:"createdDate"`
	CreatedBy   string   `json:"createdByUserId,omitempty"`
	LastUpdated dateTime `json:"lastUpdated"`
	IsDeleted   bool     `json:"isDeleted"`
}

func createMemo(c *call) (reply, *problem) {
	m, p := c.findMatter()
	if p != nil {
		return reply{}, p
	}
	var in memoIn
	if p := strict(c.body, &in); p != nil {
		return reply{}, p
	}
	if in.Title == "" || in.Text == nil {
		return reply{}, invalid("title", "A memo needs a title and a text.")
	}
	n := &memo{ID: c.chance.id(), Matter: m.ID, In: in, Author: c.user, Created: in.Created}
	if in.UserID != "" {
		n.Author = in.UserID
	}
	if n.Created == "" {
		n.Created = utc(time.Now())
	}
	m.Memos.reserve(n.ID, n)
	return c.accept(c.writeIn(m, "Memo", "make", n.ID, nil)), nil
}

func (l *landing) showMemo(n *memo) error {
	n.Updated = time.Now()
	l.home.Memos.show(n.ID)
	return nil
}

func listMemos(c *call) (reply, *problem) {
	m, p := c.findMatter()
	if p != nil {
		return reply{}, p
	}
	all := m.Memos.where(func(*memo) bool { return true })
	return listed(c, all, func(n *memo) memoOut {
		return memoOut{
			hyper: c.self("/matters/"+m.ID+"/memos", n.ID), ID: n.ID, MatterID: m.ID, Title: n.In.Title,
			Text: *n.In.Text, PlainText: *n.In.Text, CreatedDate: n.Created, CreatedBy: n.Author, LastUpdated: utc(n.Updated),
		}
	})
}
