package engine

import (
	"errors"
	"slices"
	"testing"

	"github.com/casehug/smokeball-sync/internal/config"
	"github.com/casehug/smokeball-sync/internal/doctor"
)

// TestEveryCheckIsInTheCatalogAndEveryEntryIsChecked compares both registries with the catalog,
// of which docs/doctor.md is made.
func TestEveryCheckIsInTheCatalogAndEveryEntryIsChecked(t *testing.T) {
	listed := map[doctor.Code]bool{}
	for _, c := range doctor.Catalog() {
		if listed[c.Code] || c.Title == "" || c.Looks == "" || c.Means == "" || c.Cure == "" {
			t.Errorf("%s is in the catalog twice, or says too little: %+v", c.Code, c)
		}
		listed[c.Code] = true
	}
	checked := map[doctor.Code]bool{doctor.Version: true} // doctor compares it with its own
	e := newEngine(config.Settings{DataDir: t.TempDir()}, Options{})
	for _, r := range []doctor.Registry{e.health(), (&folder{}).registry(), (&folder{cfg: config.Settings{NATSURL: "nats://n"}}).registry()} {
		wantCausesFirst(t, r)
		for _, c := range r {
			checked[c.Code] = true
			if !listed[c.Code] {
				t.Errorf("check %s is not in the catalog", c.Code)
			}
		}
	}
	for c := range listed {
		if !checked[c] {
			t.Errorf("nothing checks %s", c)
		}
	}
}

// wantCausesFirst requires each check to stand after its causes: else it would not be skipped.
func wantCausesFirst(t *testing.T, r doctor.Registry) {
	t.Helper()
	for i, c := range r {
		for _, cause := range c.After {
			if at := slices.IndexFunc(r, func(c doctor.Check) bool { return c.Code == cause }); at >= i {
				t.Errorf("%s stands before its cause %s", c.Code, cause)
			}
		}
	}
}

func TestAFullDiskFailsAndALowOneWarns(t *testing.T) {
	for free, want := range map[uint64]doctor.Severity{0: doctor.Failed, 200 << 20: doctor.Failed, 500 << 20: doctor.Warning, 2 << 30: doctor.OK} {
		got := roomIn("/data", func(string) (uint64, error) { return free, nil })
		if len(got) != 1 || got[0].Severity != want {
			t.Errorf("with %d bytes free: %+v, want %s", free, got, want)
		}
	}
	if got := roomIn("/data", func(string) (uint64, error) { return 0, errors.New("input/output error") }); got[0].Severity != doctor.Failed {
		t.Errorf("a disk that can't be asked: %+v", got)
	}
}
