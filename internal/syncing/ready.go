package syncing

import (
	"context"
	"fmt"
	"strings"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// ready checks what a sync needs before it may call: the matter and a connection.
func (t *turn) ready(ctx context.Context) error {
	if !t.m.Known {
		return &hold{failure: domain.Failure{Code: domain.CodeMatterUnknown,
			Message: "CaseHug has not announced this matter yet",
			Remedy:  "It goes on by itself when CaseHug announces the matter. If that does not happen, CaseHug's support looks for the missing event."}}
	}
	c, _, err := eventstore.Load[domain.Connection](ctx, t.Ledger, domain.ConnectionStream(t.firm))
	if err != nil || c.Usable(t.Now()) {
		return err
	}
	return &hold{failure: unusable(c.Status(t.Now()))}
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

// matterType finds the account's matter type for the case type, unless Smokeball has
// the matter already: its type can't change there.
func (t *turn) matterType(ctx context.Context) error {
	if t.m.Smokeball.ID != "" || t.m.Smokeball.Intent != nil {
		return nil
	}
	start := t.Now()
	types, err := t.Smokeball.MatterTypes(ctx, t.firm)
	if err != nil {
		return err
	}
	d := t.m.Data
	found := domain.ResolveMatterType(types, d)
	if !found.Found {
		return &hold{step: domain.StepMatterType, failure: unmapped(d, found.Nearest)}
	}
	return t.record(ctx, domain.MatterTypeResolved{Sync: t.Sync, CaseType: d.CaseType, PracticeArea: d.PracticeArea, Jurisdiction: d.Jurisdiction,
		TypeID: found.Type.ID, TypeName: found.Type.Name, Warning: found.Warning, DurationMS: t.since(start)})
}

func unmapped(d domain.MatterData, near []string) domain.Failure {
	var where []string
	for _, s := range []string{d.PracticeArea, d.Jurisdiction} {
		if s != "" {
			where = append(where, s)
		}
	}
	what := fmt.Sprintf("“%s”", d.CaseType)
	if len(where) > 0 {
		what += " (" + strings.Join(where, ", ") + ")"
	}
	f := domain.Failure{Code: domain.CodeMatterTypeUnmapped, Message: what + " has no Smokeball matter type",
		Remedy: "Give the matter a case type in CaseHug that the Smokeball account has. The sync then goes on by itself."}
	if len(near) > 0 {
		f.Remedy = "Give the matter a case type in CaseHug that the Smokeball account has; nearest: " + strings.Join(near, ", ") + ". The sync then goes on by itself."
	}
	return f
}
