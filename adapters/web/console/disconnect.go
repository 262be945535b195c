package console

import (
	"net/http"

	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/domain"
)

// Disconnect is the page that asks before it disconnects.
type Disconnect struct {
	*Shell
	Accounts ports.Accounts
	History  ports.History
	Numbers  ports.MatterCounts
}

// leftovers counts what a disconnect stops and what it leaves.
type leftovers struct {
	Unfinished  int // syncs
	InSmokeball int // matters
}

func leftoversOf(history ports.History, matters ports.MatterCounts, firm domain.FirmID) (l leftovers, err error) {
	q := history.Queue(firm)
	l.Unfinished = q.Running + q.Waiting
	counts, err := matters.MatterCounts(firm)
	l.InSmokeball = counts.Linked
	return l, err
}

// Show asks whether to disconnect.
func (s *Disconnect) Show(v pageRequest) error {
	left, err := leftoversOf(s.History, s.Numbers, v.firm())
	if err != nil {
		return err
	}
	return s.show(v, http.StatusOK, "disconnect", screen{Title: "Disconnect Smokeball", Nav: "integrations", Body: left,
		Crumbs: []crumb{{"Settings", ""}, {"Integrations", "/integrations"}, {"Advanced", "/integrations/advanced"}, {"Disconnect", ""}}})
}

// Disconnect disconnects the firm.
func (s *Disconnect) Disconnect(v pageRequest) error {
	position, err := s.Accounts.Disconnect(v.ctx(), v.user)
	return s.then(v, position, err, "/integrations")
}
