package syncing

import (
	"context"
	"maps"
	"slices"

	"github.com/casehug/smokeball-sync/domain"
)

// refusedField is a value of the matter that Smokeball refused in this attempt.
type refusedField struct {
	field, value string
	warning      domain.Warning
}

// optionalFields are the values of the matter without which Smokeball takes the rest, and which of
// them it refused.
type optionalFields struct {
	attempt  *attempt
	declined []refusedField // in this attempt
}

// dropRefused leaves out of what is sent next the optional fields that Smokeball seems to refuse; any
// reports whether it offers less now. Where the answer names none of them it may mean each,
// unless only is set: then what it does not name stays.
func (t *optionalFields) dropRefused(err error, offered map[string]string, only bool) (any bool) {
	ce := domain.AsCallError(err)
	if ce == nil || ce.Unsettled || (ce.Class != domain.Permanent && ce.Class != domain.NotPermitted) {
		return false
	}
	fields := slices.DeleteFunc(slices.Sorted(maps.Keys(offered)), t.refuses)
	named := slices.DeleteFunc(slices.Clone(fields), func(f string) bool { return !ce.Failure.Smokeball.Names(f) })
	if len(named) > 0 || only || ce.Class == domain.NotPermitted {
		fields = named
	}
	for _, f := range fields {
		t.declined = append(t.declined, refusedField{f, offered[f], domain.OptionalFieldRefused(f, domain.About{Cause: reason(ce.Failure)})})
	}
	return len(fields) > 0
}

// refuses reports whether Smokeball refused the field in this attempt.
func (t *optionalFields) refuses(field string) bool {
	return slices.ContainsFunc(t.declined, func(r refusedField) bool { return r.field == field })
}

// leftOut are the fields whose value Smokeball refused, now or in an earlier sync. A sync
// that a person requests sends them again.
func (t *optionalFields) leftOut(offered map[string]string) (fields []string) {
	for field, value := range offered {
		earlier, ok := t.attempt.m.Refused[field]
		if t.refuses(field) || (ok && earlier == value && !t.attempt.m.Current.Wanted) {
			fields = append(fields, field)
		}
	}
	slices.Sort(fields)
	return fields
}

// refusals are the facts of what Smokeball refused in this attempt, to be recorded with what it
// took.
func (t *optionalFields) refusals() (facts []domain.Event) {
	for _, r := range t.declined {
		facts = append(facts, domain.SyncWarned{Sync: t.attempt.current.Sync, Warning: r.warning, Field: r.field, Value: r.value})
	}
	return facts
}

// warn repeats the warning of what Smokeball refused in an earlier sync.
func (t *optionalFields) warn(ctx context.Context, fields []string) error {
	for _, f := range fields {
		if t.refuses(f) {
			continue
		}
		w := domain.OptionalFieldRefused(f, domain.About{Why: domain.WhyRefusedBefore})
		if err := t.attempt.warn(ctx, w); err != nil {
			return err
		}
	}
	return nil
}
