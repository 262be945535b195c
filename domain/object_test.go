package domain_test

import (
	"reflect"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

func TestAnObjectIsTheFirmsThatNamedItFirst(t *testing.T) {
	var free domain.Object
	claimed := free.Claim("f_1")
	if want := []domain.Event{domain.ObjectClaimed{Firm: "f_1"}}; !reflect.DeepEqual(claimed, want) {
		t.Fatalf("got %v, want %v", claimed, want)
	}
	own := free.Apply(claimed[0], sampleTime)
	if got := own.Claim("f_2"); got != nil {
		t.Errorf("another firm claims it: %v", got)
	}
	if own.Closed("f_1") || !own.Closed("f_2") || free.Closed("f_1") {
		t.Error("it is closed to the wrong firm")
	}
}
