package domain_test

import (
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

func TestStateCode(t *testing.T) {
	for given, want := range map[string]string{
		"Illinois": "IL", " new york ": "NY", "IL": "IL", "New South Wales": "NSW", "NSW": "NSW", "Ontario": "Ontario", "": "",
	} {
		if got := domain.StateCode(given); got != want {
			t.Errorf("%q is %q, want %q", given, got, want)
		}
	}
}
