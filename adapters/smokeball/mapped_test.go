package smokeball_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// TestMappedFieldsAreSent: every field of a draft is in the body that creates the
// matter, and every field of a change in the one that changes it.
func TestMappedFieldsAreSent(t *testing.T) {
	v, c := connected(t)
	v.on("POST /matters", matterFields, "", replies(202, `{"id":"`+uuidA+`"}`))
	v.on("PATCH /matters/{id}", matterFields, "", replies(202, `{"id":"`+uuidA+`"}`))
	sent := func(call func()) map[string]any { call(); return v.last().Body }
	create := func(d domain.MatterDraft) map[string]any {
		return sent(func() {
			_, err := c.CreateMatter(t.Context(), firm, d, rid, nil)
			must(t, err)
		})
	}
	for i := range reflect.TypeFor[domain.MatterDraft]().NumField() {
		less := whole[domain.MatterDraft](t)
		reflect.ValueOf(&less).Elem().Field(i).SetZero()
		if reflect.DeepEqual(create(less), create(whole[domain.MatterDraft](t))) {
			t.Errorf("a matter is created alike with and without %s", reflect.TypeFor[domain.MatterDraft]().Field(i).Name)
		}
	}
	change := func(ch domain.MatterChange) map[string]any {
		return sent(func() { must(t, c.PatchMatter(t.Context(), firm, uuidA, ch, rid)) })
	}
	unlike := []string{"Reopened"} // only without a closed date
	all := whole[domain.MatterChange](t)
	for i := range reflect.TypeFor[domain.MatterChange]().NumField() {
		less, name := whole[domain.MatterChange](t), reflect.TypeFor[domain.MatterChange]().Field(i).Name
		reflect.ValueOf(&less).Elem().Field(i).SetZero()
		if reflect.DeepEqual(change(less), change(all)) != slices.Contains(unlike, name) {
			t.Errorf("%s is not in a change, or always", name)
		}
	}
}

// whole is a draft or change with a value in every field.
func whole[T any](t *testing.T) T {
	t.Helper()
	var v T
	for i := range reflect.TypeFor[T]().NumField() {
		f, text, day := reflect.ValueOf(&v).Elem().Field(i), "value", time.Date(2026, 11, 2, 15, 4, 5, 0, time.UTC)
		switch f.Interface().(type) {
		case string:
			f.SetString(text)
		case bool:
			f.SetBool(true)
		case *string:
			f.Set(reflect.ValueOf(&text))
		case *time.Time:
			f.Set(reflect.ValueOf(&day))
		case []domain.SmokeballID:
			f.Set(reflect.ValueOf([]domain.SmokeballID{uuidB}))
		default:
			t.Fatalf("no rule fills a %s", f.Type())
		}
	}
	return v
}
