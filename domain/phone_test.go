package domain_test

import (
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

func TestSamePhone(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"+1 (312) 555-0142", "13125550142", true},
		{"+1 (312) 555-0142", "312 555 0142", true},
		{"0049 30 1234567", "+49 (30) 1234567", true},
		{"٣١٢ ٥٥٥ ٠١٤٢", "312-555-0142", true},
		{"030 1234567 1", "+49 30 12345671", true},
		{"030 1234567", "+49 30 1234567", true}, // nine digits beside their leading zero
		{"030 123456", "+49 30 123456", false},
		{"+1 312 555 0142", "+44 312 555 0142", false},
		{"312 555 0142", "312 555 0143", false},
		{"555 0142", "0142", false},
		{"", "", true},
		{"", "312 555 0142", false},
		{"n/a", "", false},
		{"N/A", "n/a ", true},
		{"n/a", "312 555 0142", false},
	} {
		if domain.SamePhone(c.a, c.b) != c.same || domain.SamePhone(c.b, c.a) != c.same {
			t.Errorf("%q and %q are the same number: %v, want %v", c.a, c.b, !c.same, c.same)
		}
	}
}
