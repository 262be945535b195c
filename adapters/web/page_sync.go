package web

import (
	"net/http"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// syncPage is one sync; the same part of it is a page and, by script, a drawer.
type syncPage struct {
	Entry projections.Entry
	By    string
	Off   string // who cancelled it
	Known bool   // CaseHug has announced the matter
	// Choose is where a firm admin chooses the matter type that the sync waits for.
	Choose string
}

func (s *site) showSync(v pageRequest) error {
	e, err := s.sync(v.firm(), domain.SyncID(v.r.PathValue("id")))
	if err != nil {
		return err
	}
	names, err := s.names(v, []projections.Entry{e})
	if err != nil {
		return err
	}
	row, ok, err := s.Views.Matter(v.firm(), e.Matter)
	if err != nil {
		return err
	}
	return s.show(v, http.StatusOK, "sync", screen{Title: "Sync of " + firstNonEmpty(e.Title, string(e.Matter)), Nav: "history",
		Crumbs: []crumb{{"Sync History", "/history"}, {string(e.ID), ""}}, Body: syncPage{Entry: e, By: names[e.RequestedBy], Off: names[e.CancelledBy], Known: ok,
			Choose: chooseLink(v, e.Error, row.Matter.Data)}})
}

func (s *site) doCancel(v pageRequest) error {
	id := domain.SyncID(v.r.PathValue("id"))
	position, err := s.Syncs.Cancel(v.r.Context(), v.user, id)
	return s.then(v, position, err, "/history/"+string(id))
}

func (s *site) doRetry(v pageRequest) error {
	id, position, err := s.Syncs.Retry(v.r.Context(), v.user, domain.SyncID(v.r.PathValue("id")))
	return s.then(v, position, err, "/history/"+string(id))
}
