package console

import (
	"cmp"
	"net/http"

	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// syncPage is one sync; the same part of it is a page and, by script, a drawer.
type syncPage struct {
	Entry  projections.Entry
	By     string
	Off    string // who cancelled it
	Ended  string // what came of it, if it has just ended
	Known  bool   // CaseHug has announced the matter
	Remedy remedy
}

// ShowSync shows one sync.
func (s *History) ShowSync(v pageRequest) error {
	e, err := reading.Sync(s.Rows, s.Kept, v.firm(), domain.SyncID(v.r.PathValue("id")))
	if err != nil {
		return err
	}
	names, err := s.names(v, []projections.Entry{e})
	if err != nil {
		return err
	}
	_, ok, err := s.Matters.Matter(v.firm(), e.Matter)
	if err != nil {
		return err
	}
	return s.show(v, http.StatusOK, "sync", screen{Title: "Sync of " + cmp.Or(e.Title, string(e.Matter)), Nav: "history", About: e.Matter,
		Crumbs: []crumb{{"Sync History", "/history"}, {string(e.ID), ""}}, Body: syncPage{Entry: e, By: names[e.RequestedBy], Off: names[e.CancelledBy], Known: ok, Ended: endText(e, s.Now()),
			Remedy: s.remedyOf(v, e)}})
}

// Cancel cancels a sync.
func (s *History) Cancel(v pageRequest) error {
	id := domain.SyncID(v.r.PathValue("id"))
	position, err := s.Syncs.Cancel(v.ctx(), v.user, id)
	return s.then(v, position, err, "/history/"+string(id))
}

// Retry asks for another sync of the matter.
func (s *History) Retry(v pageRequest) error {
	id, position, err := s.Syncs.Retry(v.ctx(), v.user, domain.SyncID(v.r.PathValue("id")))
	return s.then(v, position, err, "/history/"+string(id))
}
