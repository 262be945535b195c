package syncing_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
	"github.com/casehug/smokeball-sync/projections"
)

// settled are the names of the facts in the ledger that say how something that the engine had
// asked for came to nothing, each once.
func (o *office) settled() (names []string) {
	o.Helper()
	for s := range o.ledger.(*ledger).streams() {
		for env, err := range o.ledger.Read(o.Context(), s) {
			o.must(err)
			name := env.Event.EventName()
			for _, end := range []string{"refused.v1", "abandoned.v1", "missed.v1"} {
				if strings.HasSuffix(name, end) && !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
		}
	}
	slices.Sort(names)
	return names
}

// TestOnlyWhatSmokeballRefusedIsRecordedAsRefused tells of everything that the engine asks
// Smokeball to create that the ledger says refused where Smokeball answered so, and abandoned
// where the engine stopped looking for it.
func TestOnlyWhatSmokeballRefusedIsRecordedAsRefused(t *testing.T) {
	t.Parallel()
	for route, thing := range map[string]string{makeContact: "contact", makeMatter: "smokeball.matter", makeFolder: "smokeball.folder", addFile: "smokeball.file"} {
		for name, f := range map[string]smokeballsim.Fault{
			"refused":   {Kind: smokeballsim.Status, Status: 429},
			"abandoned": {Kind: smokeballsim.Reset},
		} {
			t.Run(thing+" "+name, func(t *testing.T) {
				t.Parallel()
				story(t, func(o *office) {
					f := f
					f.Route, f.Count = route, 1
					o.fault(f)
					o.choose(func(s *domain.Settings) { s.OnMatterCreated, s.DocumentsFolder = true, "Intake" })
					o.tell(created(accident()), o.retainer())
					e := o.ends("m_accident", domain.Succeeded)
					if got, want := o.settled(), []string{thing + "_" + name + ".v1"}; thing != "contact" && !slices.Equal(got, want) {
						t.Errorf("the ledger says %q, want %q", got, want)
					} else if want := []string{"contact." + name + ".v1"}; thing == "contact" && !slices.Equal(got, want) {
						t.Errorf("the ledger says %q, want %q", got, want)
					}
					told := slices.ContainsFunc(e.Steps, func(s projections.EntryStep) bool { return strings.Contains(s.Detail, "did not show it in time") })
					if told != (name == "abandoned" && thing != "contact") {
						t.Errorf("the history says %+v", e.Steps)
					}
				})
			})
		}
	}
}

// TestAFileThatPeopleDeletedIsNotRefused tells that Smokeball gets no blame for what people
// deleted.
func TestAFileThatPeopleDeletedIsNotRefused(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.sends(accident())
		o.throws("files/" + o.kept().Files[0].ID)
		o.tell(approved(o.papers.write("m_accident", "d_of_m_accident", "a second edition")))
		e := o.ends("m_accident", domain.Succeeded)
		if got := o.settled(); !slices.Equal(got, []string{"smokeball.file_abandoned.v1"}) {
			t.Errorf("the ledger says %q", got)
		}
		if !slices.ContainsFunc(e.Steps, func(s projections.EntryStep) bool { return strings.Contains(s.Detail, "Somebody deleted") }) {
			t.Errorf("the history says %+v", e.Steps)
		}
	})
}

// TestWhatIsNeverShownIsMissed tells that what Smokeball accepted and never showed is recorded as
// missed, not as refused or lost.
func TestWhatIsNeverShownIsMissed(t *testing.T) {
	t.Parallel()
	for route, want := range map[string]string{makeContact: "contact.missed.v1", makeMatter: "smokeball.matter_missed.v1", addFile: "smokeball.file_missed.v1",
		patchMatter: "smokeball.matter_change_missed.v1"} {
		t.Run(want, func(t *testing.T) {
			story(t, func(o *office) {
				if route == patchMatter {
					o.sends(accident())
				}
				o.fault(smokeballsim.Fault{Route: route, Kind: smokeballsim.FailLate, Message: "no", Count: 1})
				o.tell(created(accident()), o.retainer(), updated(accident(func(m *domain.MatterData) { m.Version, m.Title = 2, "New name" })))
				end := domain.Failed
				if route == makeContact {
					end = domain.Succeeded // it is created once more
				}
				o.ends("m_accident", end)
				got := slices.DeleteFunc(o.settled(), func(name string) bool { return !strings.HasPrefix(name, strings.TrimSuffix(want, "missed.v1")) })
				if !slices.Equal(got, []string{want}) {
					t.Errorf("the ledger says %q, want %q", got, want)
				}
			})
		})
	}
}
