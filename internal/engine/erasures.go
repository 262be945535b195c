package engine

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/erasure"
	"github.com/casehug/smokeball-sync/internal/idempotency"
	"github.com/casehug/smokeball-sync/internal/sealing"
	"github.com/casehug/smokeball-sync/projections"
)

// erasures are the erasures as the API knows them.
type erasures struct {
	erasure.Service
	erasureList
}

func (e erasures) Erase(ctx context.Context, by domain.User, s domain.EraseSubject) (domain.EraseID, domain.Erasure, uint64, error) {
	return e.Request(ctx, by, s)
}

// noErasures are the erasures of an engine that does not run.
type noErasures struct{ erasureList }

func (noErasures) Erase(context.Context, domain.User, domain.EraseSubject) (domain.EraseID, domain.Erasure, uint64, error) {
	return "", domain.Erasure{}, 0, notRunning("only a running one erases")
}

func (noErasures) Plan(context.Context, domain.FirmID, domain.EraseSubject) (domain.ErasePlan, error) {
	return domain.ErasePlan{}, notRunning("only a running one tells what an erasure would destroy")
}

func (noErasures) Erasure(context.Context, domain.FirmID, domain.EraseID) (domain.Erasure, error) {
	return domain.Erasure{}, notRunning("only a running one tells how an erasure stands")
}

// erasureList lists the erasures of all firms.
type erasureList struct {
	ledger eventstore.Store
	rows   projections.ErasureRows
	at     func() uint64                     // the ledger position that the rows include
	name   func(text string) (string, error) // makes keyed hashes with the master keyset
}

// All lists those of all firms, oldest first, signed.
func (l erasureList) All(ctx context.Context) (domain.ErasureList, error) {
	at := l.at()
	rows, err := l.rows.All()
	if err != nil {
		return domain.ErasureList{}, err
	}
	return l.signed(ctx, at, rows)
}

// signed is the list of these erasures, which the ledger has up to a position.
func (l erasureList) signed(ctx context.Context, at uint64, rows []projections.ErasureRow) (list domain.ErasureList, err error) {
	list = domain.ErasureList{Made: time.Now().UTC().Round(time.Second), Position: at}
	if list.Entries, err = l.entries(ctx, rows); err != nil {
		return list, err
	}
	return list.Sign(l.name)
}

// Of lists a firm's, newest first.
func (l erasureList) Of(ctx context.Context, f domain.FirmID) ([]domain.ErasureEntry, error) {
	rows, err := l.rows.Of(f)
	if err != nil {
		return nil, err
	}
	list, err := l.entries(ctx, rows)
	slices.Reverse(list)
	return list, err
}

// erasureListOf lists the erasures of a running engine.
func erasureListOf(e *Engine) erasureList {
	return erasureList{e.store.ledger, e.store.views.Erasures, e.store.views.Position, e.smokeball.secrets.Vault.Name}
}

// entries are the erasures of the rows, oldest first.
func (l erasureList) entries(ctx context.Context, rows []projections.ErasureRow) ([]domain.ErasureEntry, error) {
	slices.SortFunc(rows, func(a, b projections.ErasureRow) int { return cmp.Compare(a.Position, b.Position) })
	list := make([]domain.ErasureEntry, len(rows))
	for i, r := range rows {
		e, _, err := eventstore.Load[domain.Erasure](ctx, l.ledger, domain.ErasureStream(r.Firm, r.ID))
		if err != nil {
			return nil, err
		}
		list[i] = domain.ErasureEntry{Firm: r.Firm, ID: r.ID, Erasure: e}
	}
	return list, nil
}

// errPlain is the answer where the ledger of a cluster is not sealed.
var errPlain = &domain.Rejection{Reason: domain.Conflict, Failure: domain.Failure{Code: domain.CodeLedgerNotSealed,
	Message: "The cluster’s ledger was begun by a version that did not seal, so nothing of it can be erased",
	Remedy:  "An operator stops all engines and copies the ledger to one machine and back to an empty cluster (“smokeball-sync copy from-cluster”, then “copy to-cluster”), which seals it; then ask again."}}

// erasing takes requests to erase.
func (s *storage) erasing() erasure.Service {
	e := erasure.Service{Ledger: s.ledger, Kinds: s.source, Holds: sealing.Holds, Now: time.Now, Last: s.last, Queue: erasure.NewQueue()}
	if s.keys == nil {
		e.Unavailable = errPlain
	}
	return e
}

// last is the ledger's newest position.
func (s *storage) last(ctx context.Context) (eventstore.Seq, error) { return s.source.Last(ctx) }

// destroyKeys destroys the data keys of streams, and with them what the ledger remembers of their
// texts.
func (s *storage) destroyKeys(streams ...string) error {
	err := s.keys.Destroy(streams...)
	s.source.Forget()
	return err
}

// erasureRunner does the steps of erasures. refold folds the views again, those of all engines.
func (e *Engine) erasureRunner(refold func(context.Context) error) *erasure.Runner {
	views := e.store.views
	return &erasure.Runner{Service: e.store.erasing(), Destroy: e.store.destroyKeys, Refold: refold, Bus: eraser{e.msg, e.signIn.calls}, Log: e.log,
		All: func() (map[erasure.Ref]eventstore.Seq, error) { return refs(views) },
		Changed: func() <-chan struct{} {
			_, moved := views.Changes()
			return moved
		},
		Published: e.jobs.passed.reached}
}

func refs(views *projections.Views) (map[erasure.Ref]eventstore.Seq, error) {
	rows, err := views.Erasures.All()
	return refsAt(rows, func(r projections.ErasureRow) uint64 { return r.Position }), err
}

func refsAt(rows []projections.ErasureRow, at func(projections.ErasureRow) uint64) map[erasure.Ref]eventstore.Seq {
	list := map[erasure.Ref]eventstore.Seq{}
	for _, r := range rows {
		list[erasure.Ref{Firm: r.Firm, ID: r.ID}] = eventstore.Seq(at(r))
	}
	return list
}

// passed is the ledger position up to which CaseHug was told of everything.
type passed struct{ at atomic.Uint64 }

func (p *passed) note(position uint64) { p.at.Store(position) }

func (p *passed) reached(_ context.Context, position uint64) error {
	if p.at.Load() < position {
		return erasure.ErrBusy
	}
	return nil
}

// eraser destroys messages and documents.
type eraser struct {
	msg   messaging
	calls *idempotency.Calls
}

func (e eraser) EraseMessages(ctx context.Context, f domain.FirmID, pick func([]byte) bool) error {
	err := e.msg.bus.EraseMessages(ctx, f, pick)
	if errors.Is(err, bus.ErrUntaken) {
		return erasure.ErrBusy
	}
	if err != nil {
		return err
	}
	return e.calls.Erase(ctx, string(f), pick)
}

func (e eraser) EraseObject(ctx context.Context, f domain.FirmID, object string) error {
	bucket, name, _ := strings.Cut(object, "/")
	return e.msg.bus.EraseObject(ctx, f, bucket, name)
}
