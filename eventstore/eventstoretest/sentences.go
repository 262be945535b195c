package eventstoretest

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/casehug/smokeball-sync/domain"
)

// Sentences names the parts of an event's failures and warnings that hold a sentence for people,
// or a code that reads like one. Facts that the engine appends have none: their sentences are
// made where people read them.
func Sentences(e domain.Event) []string { return sentences(reflect.ValueOf(e), e.EventName()) }

func sentences(v reflect.Value, path string) (found []string) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			found = sentences(v.Elem(), path)
		}
	case reflect.Slice:
		for i := range v.Len() {
			found = append(found, sentences(v.Index(i), path)...)
		}
	case reflect.Struct:
		switch x := v.Interface().(type) {
		case domain.Failure:
			found = append(found, spaced(path, x.Message, x.Remedy, string(x.Code), string(x.Fault))...)
		case domain.Warning:
			found = append(found, spaced(path, x.Message, string(x.Code))...)
		case domain.About:
			found = append(found, spaced(path, x.Op, string(x.Thing), x.Setting, string(x.Why))...)
		}
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				found = append(found, sentences(v.Field(i), path+"."+f.Name)...)
			}
		}
	}
	return found
}

// spaced are the texts that are no single word.
func spaced(path string, texts ...string) (found []string) {
	for _, text := range texts {
		if strings.Contains(text, " ") {
			found = append(found, fmt.Sprintf("%s holds %q", path, text))
		}
	}
	return found
}
