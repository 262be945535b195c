package projections_test

import (
	"encoding"
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/projections"
)

// TestAnEmptyListDoesNotChangeARow: a row with an empty map or list anywhere has the same stored
// form before and after it was read back. Rows folded in one batch stay in memory, where a list that was
// emptied is not nil; rows of an engine that started in between were read from the file. Both have to be
// stored alike: doctor compares them byte for byte.
func TestAnEmptyListDoesNotChangeARow(t *testing.T) {
	for view, row := range projections.Rows() {
		if _, own := reflect.New(row).Interface().(encoding.BinaryMarshaler); own {
			continue // its own tests hold its form
		}
		zero := reflect.New(row).Elem()
		for path := range emptied(zero, view, map[reflect.Type]bool{}) {
			stored := asJSON(t, zero)
			read := reflect.New(row)
			if err := json.Unmarshal([]byte(stored), read.Interface()); err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			if again := asJSON(t, read.Elem()); again != stored {
				t.Errorf("%s, empty but not nil, is stored as\n%s\nand after it was read back as\n%s", path, stored, again)
			}
		}
	}
}

// emptied makes each list and map below v empty in turn, and yields its path meanwhile.
func emptied(v reflect.Value, path string, within map[reflect.Type]bool) func(func(string) bool) {
	return func(yield func(string) bool) {
		empty := func(value reflect.Value) bool {
			v.Set(value)
			defer v.SetZero()
			return yield(path)
		}
		switch kind := v.Kind(); {
		case kind == reflect.Slice:
			empty(reflect.MakeSlice(v.Type(), 0, 0))
		case kind == reflect.Map:
			empty(reflect.MakeMap(v.Type()))
		case kind == reflect.Pointer && !within[v.Type()]:
			within[v.Type()] = true
			defer delete(within, v.Type())
			v.Set(reflect.New(v.Type().Elem()))
			defer v.SetZero()
			emptied(v.Elem(), path, within)(yield)
		case kind == reflect.Struct && v.Type() != reflect.TypeFor[time.Time]():
			for f := range fieldsOf(v.Type()) {
				for below := range emptied(v.FieldByIndex(f.Index), path+"."+f.Name, within) {
					if !yield(below) {
						return
					}
				}
			}
		}
	}
}

func asJSON(t *testing.T, v reflect.Value) string {
	t.Helper()
	data, err := json.Marshal(v.Interface())
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
