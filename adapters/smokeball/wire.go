package smokeball

import (
	"path"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// link is Smokeball's reference to a resource.
type link struct {
	ID   string `json:"id"`
	Href string `json:"href"`
}

// target is the id that the link leads to, which may stand in its address only.
func (l link) target() domain.SmokeballID {
	if l.ID != "" {
		return domain.SmokeballID(l.ID)
	}
	address, _, _ := strings.Cut(l.Href, "?")
	if last := path.Base(address); last != "." && last != "/" {
		return domain.SmokeballID(last)
	}
	return ""
}

func (l *link) check() error {
	if l.target() == "" {
		return errUnnamed
	}
	return nil
}

func targets(links []link) []domain.SmokeballID {
	var ids []domain.SmokeballID
	for _, l := range links {
		if id := l.target(); id != "" {
			ids = append(ids, id)
		}
	}
	return ids
}

func texts(ids []domain.SmokeballID) []string {
	var all []string
	for _, id := range ids {
		all = append(all, string(id))
	}
	return all
}

// date is a time as Smokeball takes it: whole seconds, UTC; fractions are refused.
func date(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Truncate(time.Second).Format(time.RFC3339)
}

// moment is a date-time of Smokeball's, which may come without a zone (UTC then).
type moment struct{ time.Time }

// UnmarshalJSON reads the forms seen in answers; what is none of them is no time.
func (m *moment) UnmarshalJSON(b []byte) error {
	text := strings.Trim(string(b), `"`)
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			m.Time = t.UTC()
			return nil
		}
	}
	m.Time = time.Time{}
	return nil
}

// pointer is the time, or nil where there is none.
func (m moment) pointer() *time.Time {
	if m.IsZero() {
		return nil
	}
	return &m.Time
}
