package api

import (
	"context"

	"github.com/casehug/smokeball-sync/adapters/web/auth"
	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
)

// Versions resets from which version CaseHug's changes are accepted.
type Versions struct {
	Versions ports.Versions
	Progress reading.Progress
}

// rebaseRequest names the version from which changes are accepted.
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

// rebased is the version from which changes are accepted.
type rebased struct {
	ID      string `json:"id"`
	Version int    `json:"version"`
}

// RebaseMatter accepts the changes of a matter from a version on.
func (v Versions) RebaseMatter(ctx context.Context, in *rebaseMatterInput) (*change[rebased], error) {
	position, err := v.Versions.RebaseMatter(ctx, auth.User(ctx), domain.MatterID(in.Matter), in.Body.Version)
	return v.after(ctx, in.Matter, in.Body.Version, position, err)
}

// RebaseClient accepts the changes of a client from a version on.
func (v Versions) RebaseClient(ctx context.Context, in *rebaseClientInput) (*change[rebased], error) {
	position, err := v.Versions.RebaseClient(ctx, auth.User(ctx), domain.ClientID(in.Client), in.Body.Version)
	return v.after(ctx, in.Client, in.Body.Version, position, err)
}

func (v Versions) after(ctx context.Context, id string, version int, position uint64, err error) (*change[rebased], error) {
	if err == nil {
		err = v.Progress.Settle(ctx, position)
	}
	if err != nil {
		return nil, err
	}
	return changed(position, rebased{ID: id, Version: version}), nil
}
