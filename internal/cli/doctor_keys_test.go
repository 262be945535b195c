package cli

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/internal/doctor"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
	"github.com/casehug/smokeball-sync/internal/vault"
)

// TestDoctorLooksWhetherDataKeysOpen: on one machine and on a cluster, beside a running engine and without one.
// A master key file that opens none of them is found although no token is sealed yet.
func TestDoctorLooksWhetherDataKeysOpen(t *testing.T) {
	t.Parallel()
	for name, where := range map[string]func(*world, *testing.T){"one machine": (*world).onOneMachine, "a cluster": func(w *world, t *testing.T) { w.onCluster(t) }} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, smokeballsim.Config{})
			where(w, t)
			r := w.serve(t)
			r.publisher(t).say(t, "matter.created", "e1", matter("m_1", 1, "Auto Accident"))
			eventually(t, "the matter is known", func() bool {
				return r.call(t, clerk(), http.MethodGet, "/matters/m_1", nil).status == http.StatusOK
			})
			r.wantKeys(t, doctor.OK, "0 secrets and the data keys, all open")
			r.stop()
			r.wantKeys(t, doctor.OK, "0 secrets and the data keys, all open")
			other := filepath.Join(t.TempDir(), "other.json")
			if _, err := vault.Open(other); err != nil {
				t.Fatal(err)
			}
			w.settings["ENGINE_MASTER_KEY_FILE"] = other
			r.wantKeys(t, doctor.Failed, "data keys can't be opened with "+other)
		})
	}
}

// wantKeys runs doctor and compares what it found of the keys.
func (r *running) wantKeys(t *testing.T, s doctor.Severity, found string) {
	t.Helper()
	report, _ := r.doctor(t)
	for _, f := range report.Findings {
		if f.Code == doctor.Keys && (f.Severity != s || !strings.Contains(f.Found, found)) {
			t.Errorf("doctor finds %s: %s; want %s: %s", f.Severity, f.Found, s, found)
		}
		if f.Code == doctor.Keys {
			return
		}
	}
	t.Error("doctor finds nothing of the keys")
}
