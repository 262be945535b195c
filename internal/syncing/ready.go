package syncing

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// checkConnection checks what a sync needs before it may call: the matter and a connection.
func (t *attempt) checkConnection(ctx context.Context) error {
	if !t.m.Known {
		return &waiting{failure: domain.Failure{Code: domain.CodeMatterUnknown,
			Message: "CaseHug has not announced this matter yet",
			Remedy:  "It goes on by itself when CaseHug announces the matter. If that does not happen, CaseHug's support looks for the missing event."}}
	}
	c, _, err := eventstore.Load[domain.Connection](ctx, t.Ledger, domain.ConnectionStream(t.firm))
	t.account, t.granted, t.webhooksActive = c.Account.ID, c.At, c.Subscription != ""
	if err != nil || c.Usable(t.Now()) {
		return err
	}
	return &waiting{failure: unusable(c.Status(t.Now()))}
}

// ensureSameConnection requires the connection to be the one with which the steps began. If a firm admin has
// ended it since, or connected again (errAnew), a later refusal by Smokeball says nothing
// about the matter.
func (t *attempt) ensureSameConnection(ctx context.Context) error {
	c, _, err := eventstore.Load[domain.Connection](ctx, t.Ledger, domain.ConnectionStream(t.firm))
	switch {
	case err != nil:
		return err
	case !c.Usable(t.Now()):
		return &waiting{failure: unusable(c.Status(t.Now()))}
	case c.Account.ID == t.account && c.At.Equal(t.granted):
		return nil
	}
	return errRestartSteps
}

// unusable tells why no calls can be made for a firm.
func unusable(s domain.ConnectionStatus) domain.Failure {
	switch s {
	case domain.StatusReauthorizationRequired:
		return domain.Failure{Code: domain.CodeReauthorizationRequired,
			Message: "Smokeball's authorization of CaseHug has ended",
			Remedy:  "A firm admin connects to Smokeball again under Settings → Integrations. The sync then goes on by itself."}
	case domain.StatusRevoked:
		return domain.Failure{Code: domain.CodeNotConnected,
			Message: "CaseHug's access was removed in Smokeball",
			Remedy:  "A firm admin connects to Smokeball again under Settings → Integrations. The sync then goes on by itself."}
	}
	return domain.Failure{Code: domain.CodeNotConnected,
		Message: "The firm is not connected to Smokeball",
		Remedy:  "A firm admin connects to Smokeball under Settings → Integrations. The sync then goes on by itself."}
}

// matterType finds the account's matter type for the case type. Where Smokeball has the
// matter already it keeps its type, or is given another one if that is switched on.
func (t *attempt) matterType(ctx context.Context) error {
	t.retyping = nil
	if t.m.TypeFixed() && !(t.Retypes && (t.m.Retyped() || t.m.Relocated())) {
		return t.typeKept(ctx)
	}
	start := t.Now()
	types, known, err := t.offered(ctx)
	if err != nil {
		return err
	}
	d := t.m.Data
	found := domain.ResolveMatterType(types, t.mappings, d)
	switch {
	case !found.Found && t.m.TypeFixed():
		return t.typeKept(ctx)
	case !found.Found:
		return &waiting{step: domain.StepMatterType, failure: unmapped(d, found), mappings: t.mappings.Revision, types: known}
	}
	fact := domain.MatterTypeResolved{Sync: t.Sync, CaseType: d.CaseType, PracticeArea: d.PracticeArea, Jurisdiction: d.Jurisdiction,
		TypeID: found.Type.ID, TypeName: found.Type.Name, How: found.How, Warning: found.Warning, DurationMS: t.since(start)}
	if k := found.Mapping; k != nil {
		fact.Mapping, fact.MappingRevision, fact.ClientRole = k.ID, k.Revision, k.ClientRole
	}
	if t.m.TypeFixed() {
		return t.retype(ctx, fact, found.Type)
	}
	return t.record(ctx, fact)
}

// retype notes which type the matter, which is there, is to get. It is recorded once Smokeball
// has taken it. A role of the former type means nothing in another one, so one is always given.
func (t *attempt) retype(ctx context.Context, fact domain.MatterTypeResolved, to domain.MatterType) error {
	if fact.ClientRole == "" && len(to.Roles) > 0 {
		fact.ClientRole = to.Roles[0]
	}
	if fact.TypeID == t.m.Smokeball.Sent.MatterTypeID {
		return t.record(ctx, fact) // the case type has another name only
	}
	t.retyping = &fact
	return nil
}

// offered are the matter types of the account, and the ledger position up to which they
// include changes, whichever engine recorded them.
func (t *attempt) offered(ctx context.Context) ([]domain.MatterType, uint64, error) {
	known, _ := t.Views.Changes()
	changed, err := t.Views.TypesAt(t.firm)
	if err != nil {
		return nil, 0, err
	}
	if t.types.older(t.firm, changed) {
		t.Smokeball.ForgetMatterTypes(t.firm)
	}
	types, err := t.Smokeball.MatterTypes(ctx, t.firm)
	return types, known, err
}

// typesAt are the ledger positions of the changes for which matter types were forgotten, by
// firm. The zero value is ready.
type typesAt struct {
	mu sync.Mutex
	at map[domain.FirmID]uint64
}

// older reports whether a change was not known of yet, and notes it.
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

// typeKept warns that a new case type, or another role in the firm's mapping, does not change
// the matter in Smokeball.
func (t *attempt) typeKept(ctx context.Context) error {
	if t.m.Retyped() {
		return t.warn(ctx, domain.Warning{Code: "matter_type_kept", Message: fmt.Sprintf(
			"The case type is “%s” now. The matter in Smokeball keeps the type “%s”: it can’t be changed from here. Change it in Smokeball, if the matter needs the other type. Anybody who may edit the matter there can do it",
			t.m.Data.CaseType, t.m.TypeName)})
	}
	if t.m.Relocated() {
		return t.placeKept(ctx)
	}
	k, ok := t.mappings.For(t.m.Data)
	if !ok || !t.m.Smokeball.Made || k.MatterTypeID != t.m.TypeID || domain.SameText(k.ClientRole, t.m.Role) {
		return nil
	}
	return t.warn(ctx, domain.Warning{Code: "client_role_kept", Message: fmt.Sprintf(
		"The mapping for %s gives the client the role “%s” now. The matter in Smokeball keeps “%s”: it can’t be changed from here. Change it in Smokeball, if the matter needs the other role",
		k.Subject(), cmp.Or(k.ClientRole, "by default"), cmp.Or(t.m.Role, "by default"))})
}

// placeKept warns that the matter would be of another type in the state, or the practice area,
// that CaseHug gives it by now.
func (t *attempt) placeKept(ctx context.Context) error {
	types, _, err := t.offered(ctx)
	if err != nil {
		return err
	}
	d := t.m.Data
	if found := domain.ResolveMatterType(types, t.mappings, d); found.Found && found.Type.ID == t.m.TypeID {
		return nil
	}
	return t.warn(ctx, domain.Warning{Code: "matter_type_kept", Message: fmt.Sprintf(
		"The case is %s now. The matter in Smokeball keeps the type that was chosen for %s: it can’t be changed from here. Change it in Smokeball, if the matter needs the other type. Anybody who may edit the matter there can do it",
		domain.CaseName(d.CaseType, d.PracticeArea, d.Jurisdiction), domain.CaseName(t.m.CaseType, t.m.PracticeArea, t.m.Jurisdiction))})
}

// mappingsPage is the way to where a firm's own mappings are kept.
const mappingsPage = "Settings → Integrations → Smokeball → Case Type Mappings"

// unmapped tells that a case type has no matter type: none has its name, or the one that
// the firm chose is gone.
func unmapped(d domain.MatterData, r domain.Resolution) domain.Failure {
	name := domain.CaseName(d.CaseType, d.PracticeArea, d.Jurisdiction)
	message, what := name+" has no Smokeball matter type", "a matter type"
	if k := r.Mapping; k != nil {
		message = fmt.Sprintf("%s is mapped to the matter type %s, which Smokeball no longer has", name, cmp.Or(k.TypeName, k.MatterTypeID))
		what = fmt.Sprintf("another matter type for mapping %s, %s,", k.ID, k.Subject())
	}
	near := ""
	if len(r.Nearest) > 0 {
		near = "; nearest: " + strings.Join(r.Nearest, ", ")
	}
	return domain.Failure{Code: domain.CodeMatterTypeUnmapped, Message: message,
		Remedy: fmt.Sprintf("Open %s. A firm admin chooses %s there%s. The sync then goes on by itself.", mappingsPage, what, near)}
}
