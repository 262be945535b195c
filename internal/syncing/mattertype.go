package syncing

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// typeStep finds the account's matter type for the case type.
type typeStep struct {
	attempt   *attempt
	smokeball MatterTypes
	views     Views
	retypes   bool                       // a matter that is in Smokeball gets another type where its case type changed
	known     *typesAt                   // the changes of matter types that this engine knows of
	retyping  *domain.MatterTypeResolved // what the matter, which is there, is to get; nil: it keeps its type
}

// do finds the account's matter type for the case type. Where Smokeball has the
// matter already it keeps its type, or is given another one if that is switched on.
func (s *typeStep) do(ctx context.Context) result {
	s.retyping = nil
	if s.attempt.m.Smokeball.ID != "" && s.attempt.m.TypeID == "" {
		return fails(s.adopt(ctx))
	}
	if s.attempt.m.Smokeball.TypeFixed() && !(s.retypes && (s.attempt.m.Retyped() || s.attempt.m.Relocated())) {
		return fails(s.kept(ctx))
	}
	start := s.attempt.now()
	types, known, err := s.offered(ctx)
	if err != nil {
		return fails(err)
	}
	d := s.attempt.m.Data
	found := domain.ResolveMatterType(types, s.attempt.mappings, d)
	switch {
	case !found.Found && s.attempt.m.Smokeball.TypeFixed():
		return fails(s.kept(ctx))
	case !found.Found:
		return result{next: waits, wait: waiting{failure: unmapped(d, found), mappings: s.attempt.mappings.Revision, types: known}}
	}
	fact := domain.MatterTypeResolved{Sync: s.attempt.current.Sync, CaseType: d.CaseType, PracticeArea: d.PracticeArea, Jurisdiction: d.Jurisdiction,
		TypeID: found.Type.ID, TypeName: found.Type.Name, How: found.How, Warning: found.Warning, DurationMS: s.attempt.since(start)}
	if k := found.Mapping; k != nil {
		fact.Mapping, fact.MappingRevision, fact.ClientRole = k.ID, k.Revision, k.ClientRole
	}
	if s.attempt.m.Smokeball.TypeFixed() {
		return fails(s.retype(ctx, fact, found.Type))
	}
	return fails(s.attempt.noteFacts(fact))
}

// adopt notes which matter type CaseHug's case type means, of a matter that a person linked as it
// is. Where there is none, nothing has to wait for one.
func (s *typeStep) adopt(ctx context.Context) error {
	start := s.attempt.now()
	types, _, err := s.offered(ctx)
	if err != nil {
		return err
	}
	found := domain.ResolveMatterType(types, s.attempt.mappings, s.attempt.m.Data)
	if !found.Found {
		return nil
	}
	return s.attempt.record(ctx, s.resolved(found, start))
}

// resolved is the fact that the case type means that type, which took from start to find. A
// matter that is there has its type, exact or not: the choice needs no warning.
func (s *typeStep) resolved(found domain.Resolution, start time.Time) domain.MatterTypeResolved {
	d := s.attempt.m.Data
	fact := domain.MatterTypeResolved{Sync: s.attempt.current.Sync, CaseType: d.CaseType, PracticeArea: d.PracticeArea, Jurisdiction: d.Jurisdiction,
		TypeID: found.Type.ID, TypeName: found.Type.Name, How: found.How, DurationMS: s.attempt.since(start)}
	if k := found.Mapping; k != nil {
		fact.Mapping, fact.MappingRevision, fact.ClientRole = k.ID, k.Revision, k.ClientRole
	}
	return fact
}

// retype notes which type the matter, which is there, is to get. It is recorded once Smokeball
// has taken it. A role of the former type means nothing in another one, so one is always given.
func (s *typeStep) retype(ctx context.Context, fact domain.MatterTypeResolved, to domain.MatterType) error {
	if fact.ClientRole == "" && len(to.Roles) > 0 {
		fact.ClientRole = to.Roles[0]
	}
	if fact.TypeID == s.attempt.m.Smokeball.Sent.MatterTypeID {
		return s.attempt.record(ctx, fact) // the case type has another name only
	}
	s.retyping = &fact
	return nil
}

// offered are the matter types of the account, and the ledger position up to which they
// include changes, whichever engine recorded them.
func (s *typeStep) offered(ctx context.Context) ([]domain.MatterType, uint64, error) {
	known, _ := s.views.Changes()
	changed, err := s.views.TypesAt(s.attempt.firm)
	if err != nil {
		return nil, 0, err
	}
	if s.known.older(s.attempt.firm, changed) {
		s.smokeball.ForgetMatterTypes(s.attempt.firm)
	}
	if !s.smokeball.HasMatterTypes(s.attempt.firm) { // the call may take long: people see that the sync runs
		if err := s.attempt.recordNoted(ctx); err != nil {
			return nil, 0, err
		}
	}
	types, err := s.smokeball.MatterTypes(ctx, s.attempt.firm)
	return types, known, err
}

// typesAt are the ledger positions of the changes for which matter types were forgotten, by
// firm. The zero value is ready.
type typesAt struct {
	mu sync.Mutex
	at map[domain.FirmID]uint64
}

// older reports whether a change is new to this engine, and notes it.
func (t *typesAt) older(f domain.FirmID, changed uint64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.at == nil {
		t.at = map[domain.FirmID]uint64{}
	}
	older := t.at[f] < changed
	t.at[f] = max(t.at[f], changed)
	return older
}

// kept warns that the matter in Smokeball keeps its type although CaseHug's case type, or the
// role in the firm's mapping, changed.
func (s *typeStep) kept(ctx context.Context) error {
	if s.attempt.m.Retyped() {
		return s.retyped(ctx)
	}
	if s.attempt.m.Relocated() {
		return s.placeKept(ctx)
	}
	k, ok := s.attempt.mappings.For(s.attempt.m.Data)
	if !ok || !s.attempt.m.Smokeball.Made || k.MatterTypeID != s.attempt.m.TypeID || domain.SameText(k.ClientRole, s.attempt.m.Role) {
		return nil
	}
	return s.attempt.warn(ctx, domain.Warning{Code: domain.WarnRoleKept, About: &domain.About{Name: k.Subject(), Value: k.ClientRole, Was: s.attempt.m.Role}})
}

// retyped warns that the matter would have another type with CaseHug's new case type, unless
// people gave it that type, or took the one that it has for right.
func (s *typeStep) retyped(ctx context.Context) error {
	m := s.attempt.m
	if _, accepted := m.Accepted[domain.FieldCaseType]; accepted {
		return nil
	}
	types, _, err := s.offered(ctx)
	if err != nil {
		return err
	}
	has, name := m.TypeID, m.TypeName
	if v := m.Smokeball.There.Values; v != nil && v.TypeID != "" && v.TypeID != has {
		has, name = v.TypeID, v.TypeName
	}
	start := s.attempt.now()
	found := domain.ResolveMatterType(types, s.attempt.mappings, m.Data)
	if found.Found && found.Type.ID == has {
		return s.attempt.record(ctx, s.resolved(found, start))
	}
	return s.attempt.warn(ctx, domain.Warning{Code: domain.WarnTypeKept, About: &domain.About{Value: m.Data.CaseType, Was: name}})
}

// placeKept warns that the matter would have another type in the state, or the practice area,
// that CaseHug gives it now.
func (s *typeStep) placeKept(ctx context.Context) error {
	types, _, err := s.offered(ctx)
	if err != nil {
		return err
	}
	d := s.attempt.m.Data
	if found := domain.ResolveMatterType(types, s.attempt.mappings, d); found.Found && found.Type.ID == s.attempt.m.TypeID {
		return nil
	}
	return s.attempt.warn(ctx, domain.Warning{Code: domain.WarnTypeKept, About: &domain.About{
		Name: domain.CaseName(d.CaseType, d.PracticeArea, d.Jurisdiction), Was: domain.CaseName(s.attempt.m.CaseType, s.attempt.m.PracticeArea, s.attempt.m.Jurisdiction)}})
}

// unmapped says that a case type has no matter type: none has its name, or the one that
// the firm chose is gone.
func unmapped(d domain.MatterData, r domain.Resolution) domain.Failure {
	f := domain.Failure{Code: domain.CodeMatterTypeUnmapped, Fault: domain.FaultTypeUnmapped,
		About: &domain.About{Name: domain.CaseName(d.CaseType, d.PracticeArea, d.Jurisdiction), Nearest: r.Nearest}}
	if k := r.Mapping; k != nil {
		f.Fault = domain.FaultMappedTypeGone
		f.About.Value, f.About.Mapping, f.About.Was = cmp.Or(k.TypeName, k.MatterTypeID), k.ID, k.Subject()
	}
	return f
}

// changed restarts the steps if the account no longer offers the matter type that was chosen
// for the matter.
func (s *typeStep) changed(ctx context.Context) result {
	s.smokeball.ForgetMatterTypes(s.attempt.firm)
	types, err := s.smokeball.MatterTypes(ctx, s.attempt.firm)
	if err != nil {
		return fails(err)
	}
	if now := domain.ResolveMatterType(types, s.attempt.mappings, s.attempt.m.Data); now.Found && now.Type.ID == s.attempt.m.TypeID {
		return done
	}
	return startOver
}
