package syncing_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
	"github.com/casehug/smokeball-sync/projections"
)

// crash is maria's matter of a case type that Smokeball does not have.
func crash(change ...func(*domain.MatterData)) domain.MatterData {
	return accident(append([]func(*domain.MatterData){func(m *domain.MatterData) { m.CaseType = "Truck Crash" }}, change...)...)
}

// typeID is the id of one of the account's matter types in Illinois.
func (o *office) typeID(name string) string {
	o.Helper()
	types, err := o.client.MatterTypes(o.Context(), oak)
	o.must(err)
	i := slices.IndexFunc(types, func(t domain.MatterType) bool { return t.Name == name && t.Location == "IL" && t.Usable() })
	if i < 0 {
		o.Fatalf("Smokeball has no matter type %s", name)
	}
	return types[i].ID
}

// remap is a firm admin who changes the firm's mappings.
func (o *office) remap(decide func(domain.Mappings) ([]domain.Event, error)) {
	o.Helper()
	_, _, err := eventstore.Execute(o.Context(), o.ledger, time.Now, domain.SettingsStream(oak),
		func(p domain.Preferences) ([]domain.Event, error) { return decide(p.Mappings) })
	o.must(err)
}

func (o *office) maps(w domain.Mapping) {
	o.Helper()
	o.remap(func(m domain.Mappings) ([]domain.Event, error) { return m.Revise(w, "its name", "u_admin") })
}

func (o *office) unmaps(id domain.MappingID) {
	o.Helper()
	o.remap(func(m domain.Mappings) ([]domain.Event, error) { return m.Remove(id, "u_admin"), nil })
}

// looks waits until the sync of a matter has begun so often and rests again.
func (o *office) looks(m domain.MatterID, attempts int) projections.Entry {
	o.Helper()
	o.until("another look", func() bool { return o.newest(m).Attempts >= attempts && o.newest(m).Status != domain.Running })
	o.rest()
	e := o.newest(m)
	if e.Attempts != attempts {
		o.Fatalf("the sync was begun %d times, want %d\n%s", e.Attempts, attempts, o.dump())
	}
	return e
}

func TestAMappingLetsTheSyncGoOn(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.tell(created(crash()), o.retainer())
		e := o.waitsFor("m_accident", domain.CodeMatterTypeUnmapped)
		for _, part := range []string{"Settings → Integrations → Smokeball → Case Type Mappings", "A firm admin chooses a matter type there", "nearest: Truck Accident"} {
			if !strings.Contains(e.Error.Remedy, part) {
				t.Errorf("the remedy lacks %q: %s", part, e.Error.Remedy)
			}
		}
		o.maps(domain.Mapping{ID: "map_crash", CaseType: "truck crash", MatterTypeID: o.typeID("Truck Accident"), ClientRole: "Defendant"})
		done := o.looks("m_accident", 2)
		if done.ID != e.ID || done.Status != domain.Succeeded || len(o.entries("m_accident")) != 1 {
			t.Errorf("sync %s went on as %s, which is %s", e.ID, done.ID, done.Status)
		}
		if m := o.one(); m.MatterType != "Truck Accident" || m.ClientRole != "Defendant" {
			t.Errorf("Smokeball has %+v", m)
		}
		if !strings.Contains(done.Steps[0].Detail, "own mapping") {
			t.Errorf("the first step is %+v", done.Steps[0])
		}
	})
}

// TestAWaitForAMappingRests tells that a sync looks again once for each revision, also
// when the revision does not help it, and otherwise leaves Smokeball and the ledger alone.
func TestAWaitForAMappingRests(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.maps(domain.Mapping{ID: "map_other", CaseType: "Boat Crash", MatterTypeID: o.typeID("Truck Accident")})
		o.tell(created(crash()), o.retainer())
		o.waitsFor("m_accident", domain.CodeMatterTypeUnmapped)
		o.looks("m_accident", 1)
		o.unmaps("map_other")
		o.looks("m_accident", 2)
		at := o.last()
		time.Sleep(12 * time.Hour)
		synctest.Wait()
		if now := o.last(); now != at {
			t.Errorf("%d events were recorded while nothing happened", now-at)
		}
		o.restart()
		o.choose(func(s *domain.Settings) { s.DocumentsFolder = "Intake" })
		o.sends(numbered(7, maria()))
		o.looks("m_accident", 2)
	})
}

// TestARevisionWhileNobodyWorksIsNotMissed tells that the wait does not depend on an
// engine having seen the change happen.
func TestARevisionWhileNobodyWorksIsNotMissed(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.tell(created(crash()), o.retainer())
		o.waitsFor("m_accident", domain.CodeMatterTypeUnmapped)
		id := o.typeID("Truck Accident")
		o.stop()
		o.maps(domain.Mapping{ID: "map_crash", CaseType: "Truck Crash", MatterTypeID: id})
		o.start()
		if e := o.looks("m_accident", 2); e.Status != domain.Succeeded {
			t.Errorf("the sync is %s", e.Status)
		}
	})
}

// TestARevisionWhileTheSyncLooksCounts tells that a mapping which is made after the sync
// has read the mappings, and before it has said that it waits, is not lost.
func TestARevisionWhileTheSyncLooksCounts(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		id := o.typeID("Truck Accident")
		o.client.ForgetMatterTypes(oak)
		go func() {
			time.Sleep(50 * time.Millisecond) // while Smokeball is asked for its types
			o.maps(domain.Mapping{ID: "map_crash", CaseType: "Truck Crash", MatterTypeID: id})
		}()
		o.tell(created(crash()), o.retainer())
		if e := o.ends("m_accident", domain.Succeeded); e.Attempts != 1 {
			t.Errorf("the sync took %d attempts: it waited for what was there", e.Attempts)
		}
	})
}

// TestAMappingToATypeThatIsGoneWaits tells that the firm's choice is not quietly replaced
// by a less specific one or by a like name, and that the wait names the mapping.
func TestAMappingToATypeThatIsGoneWaits(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		truck := o.typeID("Truck Accident")
		o.maps(domain.Mapping{ID: "map_all", CaseType: "Auto Accident", MatterTypeID: o.typeID("Dog Bite")})
		o.maps(domain.Mapping{ID: "map_il", CaseType: "Auto Accident", PracticeArea: "Personal Injury", Jurisdiction: "IL", MatterTypeID: truck})
		o.must(o.sim.EditMatterType(truck, "", true))
		o.client.ForgetMatterTypes(oak)
		o.tell(created(accident()), o.retainer())
		e := o.waitsFor("m_accident", domain.CodeMatterTypeUnmapped)
		if !strings.Contains(e.Error.Remedy, "map_il") || !strings.Contains(e.Error.Message, "no longer has") {
			t.Errorf("the wait does not name the mapping: %+v", e.Error)
		}
		o.unmaps("map_il")
		if e := o.looks("m_accident", 2); e.Status != domain.Succeeded || o.one().MatterType != "Dog Bite" {
			t.Errorf("the sync is %s, Smokeball has %+v", e.Status, o.one())
		}
	})
}

// TestAMappingLeavesMatters tells that a matter which Smokeball has keeps its type and
// its client's role.
func TestAMappingLeavesMatters(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.sends(accident())
		was := o.one()
		o.maps(domain.Mapping{ID: "map_1", CaseType: "Auto Accident", MatterTypeID: o.typeID("Dog Bite"), ClientRole: "Defendant"})
		o.tell(updated(accident(func(m *domain.MatterData) { m.Version, m.Title = 2, "Rivera v. Apex" })))
		o.ends("m_accident", domain.Succeeded)
		if m := o.one(); m.MatterType != was.MatterType || m.ClientRole != was.ClientRole || m.Description != "Rivera v. Apex" {
			t.Errorf("Smokeball has %+v", m)
		}
	})
}

// TestANewRoleInTheMappingIsWarnedOf tells that a matter which Smokeball has keeps its client's
// role where the mapping gives another one of the same type.
func TestANewRoleInTheMappingIsWarnedOf(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.sends(accident())
		was := o.one()
		o.maps(domain.Mapping{ID: "map_1", CaseType: "Auto Accident", MatterTypeID: o.typeID(was.MatterType), ClientRole: "Defendant"})
		o.tell(updated(accident(func(m *domain.MatterData) { m.Version, m.Title = 2, "Rivera v. Apex" })))
		e := o.ends("m_accident", domain.Succeeded)
		if m := o.one(); m.ClientRole != was.ClientRole || m.Description != "Rivera v. Apex" {
			t.Errorf("Smokeball has %+v", m)
		}
		if w := o.warning("m_accident", "client_role_kept"); !strings.Contains(w.Message, "Defendant") {
			t.Errorf("the warning does not name the role: %+v, the sync is %+v", w, e)
		}
	})
}

// TestATypeThatComesBackLetsTheSyncGoOn tells that a sync without a matter type looks again
// when Smokeball tells that the account's types changed, once for each change, and is not
// shown those that were remembered.
func TestATypeThatComesBackLetsTheSyncGoOn(t *testing.T) {
	t.Parallel()
	for name, away := range map[string]bool{"while an engine works": false, "while none does": true} {
		t.Run(name, func(t *testing.T) {
			story(t, func(o *office) {
				o.hooks()
				auto := o.typeID("Auto Accident")
				o.must(o.sim.EditMatterType(auto, "", true))
				o.client.ForgetMatterTypes(oak)
				settle()
				o.tell(created(accident()), o.retainer())
				o.waitsFor("m_accident", domain.CodeMatterTypeUnmapped)
				settle()
				was := o.newest("m_accident").Attempts
				o.must(o.sim.EditMatterType(o.typeID("Dog Bite"), "Animal Bite", false))
				o.looks("m_accident", was+1)
				o.waitsFor("m_accident", domain.CodeMatterTypeUnmapped)
				if away {
					o.must(o.sim.EditMatterType(auto, "", false))
					settle() // the webhook is taken in
					o.restart()
				} else {
					o.must(o.sim.EditMatterType(auto, "", false))
				}
				o.looks("m_accident", was+2)
				if e := o.ends("m_accident", domain.Succeeded); len(o.entries("m_accident")) != 1 {
					t.Errorf("sync %s is one of %d", e.ID, len(o.entries("m_accident")))
				}
				at := o.last()
				time.Sleep(12 * time.Hour)
				if now := o.last(); now != at {
					t.Errorf("%d events were recorded while nothing happened", now-at)
				}
			})
		})
	}
}

// TestALinkedMatterKeepsItsType tells that a case type which CaseHug changes later is warned
// of for as long as Smokeball has another.
func TestALinkedMatterKeepsItsType(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.sends(accident())
		retype := func(version int, caseType, title string) projections.Entry {
			t.Helper()
			o.tell(updated(accident(func(m *domain.MatterData) { m.Version, m.CaseType, m.Title = version, caseType, title })))
			o.rest()
			return o.newest("m_accident")
		}
		e := retype(2, "Slip and Fall", accident().Title)
		if len(e.Warnings) != 1 || e.Warnings[0].Code != "matter_type_kept" || e.Status != domain.Skipped {
			t.Fatalf("the sync is %s with the warnings %+v", e.Status, e.Warnings)
		}
		for _, name := range []string{"Slip and Fall", "Auto Accident"} {
			if !strings.Contains(e.Warnings[0].Message, name) {
				t.Errorf("the warning does not name %s: %s", name, e.Warnings[0].Message)
			}
		}
		if strings.Contains(e.Warnings[0].Message, "delete") {
			t.Errorf("the warning says that the matter is to be deleted: %s", e.Warnings[0].Message)
		}
		if e := retype(3, "slip and fall", "New name"); len(e.Warnings) != 1 || e.Status != domain.Succeeded {
			t.Errorf("the same type again: %s with the warnings %+v", e.Status, e.Warnings)
		}
		if e := retype(4, "auto  accident", "New name"); len(e.Warnings) != 0 {
			t.Errorf("back to what it was: the warnings %+v", e.Warnings)
		}
		place := func(version int, state string) projections.Entry {
			t.Helper()
			o.tell(updated(accident(func(m *domain.MatterData) { m.Version, m.Jurisdiction, m.Title = version, state, "New name" })))
			o.rest()
			return o.newest("m_accident")
		}
		if e := place(5, " illinois "); len(e.Warnings) != 0 {
			t.Errorf("the same state written otherwise: the warnings %+v", e.Warnings)
		}
		if e := place(6, "New York"); len(e.Warnings) != 1 || e.Warnings[0].Code != "matter_type_kept" || !strings.Contains(e.Warnings[0].Message, "New York") {
			t.Errorf("another state: %s with the warnings %+v", e.Status, e.Warnings)
		}
		if e := retype(5, "Dog Bite", "New name"); len(e.Warnings) != 1 {
			t.Errorf("another change: the warnings %+v", e.Warnings)
		}
	})
}

// TestAnotherCaseTypeDiffers tells that another case type of a linked matter
// differs, and is warned of, unless it means the type that the matter has, or that type was taken
// for right.
func TestAnotherCaseTypeDiffers(t *testing.T) {
	t.Parallel()
	readingStory(t, smokeballsim.Delay{}, func(o *office) {
		o.sends(accident())
		o.readAll()
		version := 1
		retyped := func(caseType, title string, warnings int, state projections.FieldState) {
			t.Helper()
			version++
			o.tell(updated(accident(func(m *domain.MatterData) { m.Version, m.CaseType, m.Title = version, caseType, title })))
			o.readAll()
			if e := o.newest("m_accident"); len(e.Warnings) != warnings {
				t.Errorf("%s: the warnings %+v", caseType, e.Warnings)
			}
			if f := o.field("case_type"); f.State != state {
				t.Errorf("%s: the field is %s, want %s: %+v", caseType, f.State, state, f)
			}
		}
		retyped("Car Accident", "A", 0, projections.FieldSame)
		retyped("Slip and Fall", "A", 1, projections.FieldDiffers)
		o.wantsDrift("case_type=Auto Accident")
		o.accepts(theField("case_type", "Auto Accident"))
		o.wantsDrift()
		retyped("Slip and Fall", "B", 0, projections.FieldAccepted)
		retyped("Divorce", "B", 1, projections.FieldDiffers)
		retyped("auto  accident", "B", 0, projections.FieldSame)
		o.wantsDrift()
	})
}

// TestATypeThatWasWithdrawnUnheardWaits tells that a matter which Smokeball refuses because
// its matter type was withdrawn, and no webhook told of it, waits for a mapping like any other.
func TestATypeThatWasWithdrawnUnheardWaits(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.must(o.sim.EditMatterType(o.typeID("Auto Accident"), "", true))
		o.tell(created(accident()), o.retainer())
		e := o.waitsFor("m_accident", domain.CodeMatterTypeUnmapped)
		if !strings.Contains(e.Error.Remedy, "Case Type Mappings") {
			t.Errorf("the sync waits for %+v", e.Error)
		}
		o.maps(domain.Mapping{ID: "map_auto", CaseType: "Auto Accident", MatterTypeID: o.typeID("Truck Accident")})
		o.until("the sync has ended", func() bool { return o.newest("m_accident").Status.Ended() })
		o.ends("m_accident", domain.Succeeded)
		if m := o.one(); m.MatterType != "Truck Accident" {
			t.Errorf("Smokeball has %+v", m)
		}
	})
}
