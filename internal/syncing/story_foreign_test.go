package syncing_test

import (
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

// TestAnotherFirmsDocumentStaysClosed names an object of the store that another firm's
// event named first, by an event and by a click: it does not reach this firm's Smokeball.
func TestAnotherFirmsDocumentStaysClosed(t *testing.T) {
	story(t, func(o *office) {
		secret := o.papers.write("m_theirs", "d_secret", "another firm's secret")
		theirs := approved(secret)
		theirs.Firm = "f_elm"
		o.tell(theirs)
		mine := secret
		mine.ID, mine.Matter = "d_mine", "m_accident"
		o.papers.write("m_accident", "d_mine", "another firm's secret")
		o.tell(created(accident()), approved(mine))
		e := o.ends("m_accident", domain.Failed)
		if e.Error.Code != domain.CodeDocumentUnavailable || e.Error.Remedy == "" {
			t.Errorf("the failure is %+v", e.Error)
		}
		_, err := o.asks("m_accident", nil, mine)
		o.must(err)
		o.ends("m_accident", domain.Failed)
		if n := len(o.kept().Files); n != 0 || o.papers.opened["d_mine"] != 0 {
			t.Errorf("Smokeball has %d files; it was opened %d times", n, o.papers.opened["d_mine"])
		}
	})
}
