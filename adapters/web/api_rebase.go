package web

import (
	"context"

	"github.com/casehug/smokeball-sync/domain"
)

// rebaseRequest is the version from which changes count again.
type rebaseRequest struct {
	Version int `json:"version" minimum:"0" maximum:"2147483647" doc:"Changes with a higher version are taken in from now on. 0: the next one is, whatever its version."`
}

type rebaseMatterInput struct {
	FirmPath
	Matter string `path:"matter" doc:"The matter's id in CaseHug."`
	Body   rebaseRequest
}

type rebaseClientInput struct {
	FirmPath
	Client string `path:"client" doc:"The client's id in CaseHug."`
	Body   rebaseRequest
}

// rebased is the version from which changes count again.
type rebased struct {
	ID      string `json:"id"`
	Version int    `json:"version"`
}

func (s *site) rebaseMatter(ctx context.Context, in *rebaseMatterInput) (*change[rebased], error) {
	position, err := s.Syncs.RebaseMatter(ctx, userOf(ctx), domain.MatterID(in.Matter), in.Body.Version)
	return s.rebasedTo(ctx, in.Matter, in.Body.Version, position, err)
}

func (s *site) rebaseClient(ctx context.Context, in *rebaseClientInput) (*change[rebased], error) {
	position, err := s.Syncs.RebaseClient(ctx, userOf(ctx), domain.ClientID(in.Client), in.Body.Version)
	return s.rebasedTo(ctx, in.Client, in.Body.Version, position, err)
}

func (s *site) rebasedTo(ctx context.Context, id string, version int, position uint64, err error) (*change[rebased], error) {
	if err == nil {
		err = s.settle(ctx, position)
	}
	if err != nil {
		return nil, err
	}
	return changed(position, rebased{ID: id, Version: version}), nil
}
