package connect

import (
	"context"
	"fmt"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// TryMappings prepares a dry run: which types matters would get under a changed list of the firm's
// mappings. It checks the change as if it were made, and records nothing.
func (pr *Preferences) TryMappings(ctx context.Context, f domain.FirmID, c domain.MappingChange) (domain.DryRun, error) {
	types, err := pr.MatterTypes(ctx, f)
	if err != nil {
		return domain.DryRun{}, err
	}
	if faults := misfits(c, types); len(faults) > 0 {
		return domain.DryRun{}, domain.Misfit(faults)
	}
	p, _, err := eventstore.Load[domain.Preferences](ctx, pr.store, domain.SettingsStream(f))
	if err != nil {
		return domain.DryRun{}, err
	}
	then, err := p.Mappings.Try(c)
	return domain.DryRun{Types: types, Now: p.Mappings, Then: then}, err
}

// misfits are the faults of each mapping in the change. A dry run does not require an
// id.
func misfits(c domain.MappingChange, types []domain.MatterType) []domain.FieldFault {
	if c.Revise != nil {
		return faultsOf(*c.Revise, types, "")
	}
	var all []domain.FieldFault
	if c.Whole != nil {
		for i, w := range *c.Whole {
			all = append(all, faultsOf(w, types, fmt.Sprintf("/mappings/%d", i))...)
		}
	}
	return all
}

// check is the mapping's own check. A mapping without an id gets one when it is kept.
func check(w domain.Mapping, types []domain.MatterType) (domain.MatterType, []domain.FieldFault) {
	if w.ID == "" {
		w.ID = "new"
	}
	return w.Check(types)
}

func faultsOf(w domain.Mapping, types []domain.MatterType, at string) []domain.FieldFault {
	_, faults := check(w, types)
	for i := range faults {
		faults[i].Field = at + faults[i].Field
	}
	return faults
}
