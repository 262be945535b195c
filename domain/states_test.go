package domain_test

import (
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

func TestStateCode(t *testing.T) {
	for given, want := range map[string]string{
		"Illinois": "IL", " new york ": "NY", "IL": "IL", "New South Wales": "NSW", "NSW": "NSW", "Ontario": "Ontario", "": "",
		" il ": "IL", "illinois ": "IL", "I\u200bL": "IL", "N.Y.": "NY", "US-IL": "IL", "State of Illinois": "IL", "Washington, D.C.": "DC", "US": "US",
		"nsw": "NSW", "victoria": "VIC", "Western  Australia": "WA", " Ontario ": "Ontario",
		"England & Wales": "EAW", "England": "EAW", "scotland": "SCT", "N. Ireland": "N. Ireland", "Northern Ireland": "NIR", "   ": "",
		"Ill.": "IL", "ILL": "IL", "Calif.": "CA", "Cal": "CA", "Fla.": "FL", "Tex.": "TX", "N. Dak.": "ND", "W. Va.": "WV", "Mass": "MA", "Wash.": "WA",
		"Wash., D.C.": "DC", "Pa.": "PA", "Penn.": "PA", "State of Mich.": "MI", "Miss.": "MS", "Vic.": "VIC",
	} {
		if got := domain.StateCode(given); got != want {
			t.Errorf("%q is %q, want %q", given, got, want)
		}
	}
}
