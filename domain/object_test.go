package domain_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

// TestNamingAnObjectProvesNothing tells that only a digest makes an unmarked object a
// firm's, and that what ledgers have of claims counts for nothing.
func TestNamingAnObjectProvesNothing(t *testing.T) {
	o := domain.Object{}.Apply(domain.ObjectClaimed{Firm: "f_2"}, sampleTime)
	if o.Others("f_1") || o.Others("f_2") {
		t.Error("a claim closes the object")
	}
	proof := o.Prove("f_1", "ab")
	if want := []domain.Event{domain.ObjectProved{Firm: "f_1", SHA256: "ab"}}; !reflect.DeepEqual(proof, want) {
		t.Fatalf("got %v, want %v", proof, want)
	}
	o = o.Apply(proof[0], sampleTime)
	if o.Others("f_1") || !o.Others("f_2") {
		t.Error("it is open to the wrong firm")
	}
	if again := o.Prove("f_1", "ab"); again != nil {
		t.Errorf("it is proved twice: %v", again)
	}
	if o = o.Apply(o.Prove("f_2", "ab")[0], sampleTime); o.Others("f_1") || o.Others("f_2") || !o.Others("f_3") {
		t.Error("who knows the digest as well may not read it")
	}
}

func TestWhoMayReadAnObject(t *testing.T) {
	for name, c := range map[string]struct {
		entry domain.ObjectEntry
		q     domain.ObjectQuestion
		want  error
	}{
		"digest not told by the store":  {domain.ObjectEntry{}, domain.ObjectQuestion{Firm: "f_1", SHA256: "ab"}, nil},
		"no word at all":                {domain.ObjectEntry{}, domain.ObjectQuestion{Firm: "f_1"}, domain.ErrNotProved},
		"the mark beats the digest":     {domain.ObjectEntry{Firm: "f_2", SHA256: "ab"}, domain.ObjectQuestion{Firm: "f_1", SHA256: "ab", Vouched: true}, domain.ErrOthersObject},
		"the digest that the store has": {domain.ObjectEntry{SHA256: "ab"}, domain.ObjectQuestion{Firm: "f_1", SHA256: "ab"}, nil},
		"another digest":                {domain.ObjectEntry{SHA256: "ab"}, domain.ObjectQuestion{Firm: "f_1", SHA256: "cd"}, domain.ErrOtherBytes},
		"vouched for, without a digest": {domain.ObjectEntry{SHA256: "ab"}, domain.ObjectQuestion{Firm: "f_1", Vouched: true}, nil},
		"a wrong digest of its own":     {domain.ObjectEntry{Firm: "f_1", SHA256: "ab"}, domain.ObjectQuestion{Firm: "f_1", SHA256: "cd"}, nil}, // whoever reads it compares
	} {
		if err := c.entry.Allows(c.q); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}
