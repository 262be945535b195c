package domain_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// filled gives a field of a draft or change a value that is not zero; n tells two values apart.
func filled(t *testing.T, f reflect.Value, n int) {
	t.Helper()
	text := fmt.Sprintf("value %d", n)
	switch f.Interface().(type) {
	case string:
		f.SetString(text)
	case bool:
		f.SetBool(true)
	case *string:
		f.Set(reflect.ValueOf(&text))
	case *time.Time:
		f.Set(reflect.ValueOf(ptr(start.AddDate(0, 0, n))))
	case []domain.SmokeballID:
		f.Set(reflect.ValueOf([]domain.SmokeballID{domain.SmokeballID(text)}))
	default:
		t.Fatalf("no rule fills a %s", f.Type())
	}
}

// whole is a draft or change with a value in every field.
func whole[T any](t *testing.T, n int) T {
	t.Helper()
	var v T
	for i := range reflect.TypeFor[T]().NumField() {
		filled(t, reflect.ValueOf(&v).Elem().Field(i), n)
	}
	return v
}

// TestMappedFieldsAreDrafted tells that a matter that has everything fills every field of the
// draft.
func TestMappedFieldsAreDrafted(t *testing.T) {
	later := []string{"ResponsibleStaffID"} // whom a call has to look up
	d := rivera(1)
	d.Status, d.OpenedAt, d.ClosedAt = "closed", ptr(start), ptr(start)
	draft := given[domain.Matter](domain.MatterCreated{Origin: ref(1), Matter: d}, domain.MatterTypeResolved{TypeID: "t_IL", ClientRole: "Plaintiff"}).Draft([]domain.SmokeballID{sbC})
	for i := range reflect.TypeFor[domain.MatterDraft]().NumField() {
		if name := reflect.TypeFor[domain.MatterDraft]().Field(i).Name; reflect.ValueOf(draft).Field(i).IsZero() && !slices.Contains(later, name) {
			t.Errorf("the draft of a matter that has everything lacks %s", name)
		}
	}
}

// TestMappedFieldsAreCompared tells that a value that CaseHug changes leads to a change in
// Smokeball, whichever field of the draft it is.
func TestMappedFieldsAreCompared(t *testing.T) {
	fixed := []string{"ExternalID", "MatterTypeID", "ClientRole"} // the id never changes; a type, and with it a role, by Retype only
	for i := range reflect.TypeFor[domain.MatterDraft]().NumField() {
		name := reflect.TypeFor[domain.MatterDraft]().Field(i).Name
		was, next := whole[domain.MatterDraft](t, 1), whole[domain.MatterDraft](t, 1)
		filled(t, reflect.ValueOf(&next).Elem().Field(i), 2)
		if change := domain.Diff(was, next); change.Empty() != slices.Contains(fixed, name) {
			t.Errorf("another %s makes the change %+v", name, change)
		}
	}
}

// TestMappedFieldsAreChanges tells that a change of any one field is one.
func TestMappedFieldsAreChanges(t *testing.T) {
	withAnother := []string{"ClientRole"} // goes with another type
	for i := range reflect.TypeFor[domain.MatterChange]().NumField() {
		var c domain.MatterChange
		filled(t, reflect.ValueOf(&c).Elem().Field(i), 1)
		if name := reflect.TypeFor[domain.MatterChange]().Field(i).Name; c.Empty() && !slices.Contains(withAnother, name) {
			t.Errorf("a change of %s counts as none", name)
		}
	}
}
