package syncing_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
	"github.com/casehug/smokeball-sync/internal/syncing"
)

// drops is a person who deletes or cancels the matter in Smokeball, or restores it.
func (o *office) drops(id, status string) {
	o.Helper()
	o.must(o.sim.EditMatter(id, []byte(`{"status":"`+status+`"}`)))
	settle()
}

// click is somebody who clicks "Sync to Smokeball".
func (o *office) click(m domain.MatterID) {
	o.Helper()
	_, _, err := o.requests.Request(o.Context(), domain.User{Subject: "u_1", Firm: oak}, m, nil, nil)
	o.must(err)
}

// live are the matters that nobody deleted or cancelled, filed are their files.
func (o *office) live() (list []smokeballsim.MatterState) {
	for _, m := range o.kept().Matters {
		if m.Status != "Deleted" && m.Status != "Cancelled" {
			list = append(list, m)
		}
	}
	return list
}

func (o *office) filed(matter string) (n int) {
	for _, f := range o.kept().Files {
		if f.MatterID == matter && f.SHA256 != "" {
			n++
		}
	}
	return n
}

// onceMore approves another document of the accident.
func (o *office) onceMore() domain.CaseHugEvent {
	return approved(o.papers.write("m_accident", "d_second", "a second paper"))
}

// TestAMatterThatWasDeletedFailsAtOnce tells that whatever CaseHug sends for a matter that
// people deleted or cancelled in Smokeball fails at once, says what to do, and makes nothing.
func TestAMatterThatWasDeletedFailsAtOnce(t *testing.T) {
	t.Parallel()
	for _, hooked := range []bool{false, true} {
		for _, status := range []string{"Deleted", "Cancelled"} {
			t.Run(status, func(t *testing.T) {
				story(t, func(o *office) {
					if hooked {
						o.hooks()
					}
					o.sends(accident())
					gone := o.one().ID
					o.drops(gone, status)
					for _, news := range []domain.CaseHugEvent{updated(accident(func(m *domain.MatterData) { m.Version, m.Title = 2, "New name" })), o.onceMore()} {
						may := 0
						if !hooked && o.newest("m_accident").Status == domain.Succeeded {
							may = 1 // the change itself: its confirmation shows that the matter is gone
						}
						wrote := o.writes()
						o.tell(news)
						e := o.ends("m_accident", domain.Failed)
						if e.Error.Code != domain.CodeMatterGone || e.Attempts != 1 || !strings.Contains(e.Error.Remedy, "Restore it in Smokeball") {
							t.Errorf("hooked %v: after %d attempts the failure is %+v", hooked, e.Attempts, e.Error)
						}
						if step := e.Steps[len(e.Steps)-1]; step.Name != domain.StepMatter || step.Outcome != domain.OutcomeFailed {
							t.Errorf("hooked %v: the failed step is %+v", hooked, step)
						}
						if n := o.writes() - wrote; n > may {
							t.Errorf("hooked %v: %d calls wrote to a matter that is gone", hooked, n)
						}
					}
				})
			})
		}
	}
}

// TestAMatterThatNobodyWatchesIsLookedAt tells that without webhooks a document goes to no
// matter which was deleted since it was seen long ago.
func TestAMatterThatNobodyWatchesIsLookedAt(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.sends(accident())
		o.drops(o.one().ID, "Deleted")
		o.away(2 * syncing.Recent)
		wrote := o.writes()
		o.tell(o.onceMore())
		if e := o.ends("m_accident", domain.Failed); e.Error.Code != domain.CodeMatterGone || o.writes() != wrote {
			t.Errorf("after %d writes the failure is %+v", o.writes()-wrote, e.Error)
		}
	})
}

// TestARefusalAsksForTheMatter tells that a document which Smokeball refuses for the matter's
// sake fails with the word that the matter is gone.
func TestARefusalAsksForTheMatter(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.sends(accident())
		o.drops(o.one().ID, "Deleted")
		o.fault(smokeballsim.Fault{Route: addFile, Kind: smokeballsim.Status, Status: 400, Count: 1})
		o.tell(o.onceMore())
		if e := o.ends("m_accident", domain.Failed); e.Error.Code != domain.CodeMatterGone {
			t.Errorf("the failure is %+v", e.Error)
		}
	})
}

// TestKnownMattersCostFewCalls tells what news of a linked matter costs without webhooks: the
// call itself and the read that confirms it.
func TestKnownMattersCostFewCalls(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		later time.Duration
		news  func(*office) domain.CaseHugEvent
		calls int
	}{
		"a document":      {time.Minute, (*office).onceMore, 3}, // with its bytes, which the allowance does not count
		"an update":       {time.Minute, (*office).renamed, 2},
		"an old document": {2 * syncing.Recent, (*office).onceMore, 4},
		"an old update":   {2 * syncing.Recent, (*office).renamed, 2},
	} {
		t.Run(name, func(t *testing.T) {
			slowly(t, smokeballsim.Delay{Min: 50 * time.Millisecond, Max: 100 * time.Millisecond}, func(o *office) {
				o.sends(accident())
				time.Sleep(c.later)
				before := o.spent()
				o.tell(c.news(o))
				o.ends("m_accident", domain.Succeeded)
				if n := o.spent() - before; n != c.calls {
					t.Errorf("it cost %d calls, want %d: %v", n, c.calls, o.sim.Counts().ByRoute)
				}
			})
		})
	}
}

// renamed is an update that changes the accident's name.
func (o *office) renamed() domain.CaseHugEvent {
	return updated(accident(func(m *domain.MatterData) { m.Version, m.Title = 2, "New name" }))
}

// spent counts the requests that Smokeball met, sign-ins apart.
func (o *office) spent() (n int) {
	for route, count := range o.sim.Counts().ByRoute {
		if !strings.Contains(route, "/oauth2/") {
			n += count
		}
	}
	return n
}

// TestARestoredMatterIsUsedAgain tells that after the restoring Retry, and any news, goes
// on where it was: people's edits stay.
func TestARestoredMatterIsUsedAgain(t *testing.T) {
	t.Parallel()
	for _, clicked := range []bool{false, true} {
		story(t, func(o *office) {
			o.hooks()
			o.sends(accident())
			was := o.one().ID
			o.drops(was, "Deleted")
			o.tell(o.onceMore())
			failed := o.ends("m_accident", domain.Failed)
			o.must(o.sim.EditMatter(was, []byte(`{"status":"Open","description":"As people call it"}`)))
			settle()
			if clicked {
				o.click("m_accident")
			} else {
				o.retry(failed.ID)
			}
			o.ends("m_accident", domain.Succeeded)
			if m := o.one(); m.ID != was || m.Description != "As people call it" || o.filed(was) != 2 || o.calls(makeMatter) != 1 {
				t.Errorf("clicked %v: Smokeball has %+v with %d files, made by %d calls", clicked, m, o.filed(was), o.calls(makeMatter))
			}
		})
	}
}

// TestAPersonGetsANewMatter tells that "Sync to Smokeball" on a matter that is gone makes
// one new matter with all its documents, and that later news goes there.
func TestAPersonGetsANewMatter(t *testing.T) {
	t.Parallel()
	for name, known := range map[string]bool{"after a sync failed": true, "before anybody knew": false} {
		t.Run(name, func(t *testing.T) {
			story(t, func(o *office) {
				o.sends(accident())
				old := o.one().ID
				o.tell(o.onceMore())
				o.ends("m_accident", domain.Succeeded)
				o.drops(old, "Deleted")
				if known {
					o.tell(updated(accident(func(m *domain.MatterData) { m.Version, m.Title = 2, "New name" })))
					o.ends("m_accident", domain.Failed)
				}
				o.fault(smokeballsim.Fault{Route: makeMatter, Kind: smokeballsim.LoseReply, Count: 1})
				o.click("m_accident")
				o.ends("m_accident", domain.Succeeded)
				all := o.live()
				if len(all) != 1 || all[0].ID == old || o.filed(all[0].ID) != 2 || len(o.kept().Contacts) != 1 {
					t.Fatalf("live are %+v, with %d files, of %d contacts\n%s", all, o.filed(all[0].ID), len(o.kept().Contacts), o.dump())
				}
				o.tell(updated(accident(func(m *domain.MatterData) { m.Version, m.Title = 3, "Newest name" })))
				o.ends("m_accident", domain.Succeeded)
				settle()
				if now := o.live(); len(now) != 1 || now[0].ID != all[0].ID || now[0].Description != "Newest name" {
					t.Errorf("later news made %+v", now)
				}
			})
		})
	}
}

// TestAFileForAMatterThatIsGoneDoesNotHang tells that a matter which answers 404 by now ends
// the sync, also where nobody told of its deletion.
func TestAFileForAMatterThatIsGoneDoesNotHang(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.hooks()
		o.sends(accident())
		for _, route := range []string{addFile, readMatter, patchMatter} {
			o.fault(smokeballsim.Fault{Route: route, Kind: smokeballsim.Status, Status: 404})
		}
		for _, news := range []domain.CaseHugEvent{o.onceMore(), updated(accident(func(m *domain.MatterData) { m.Version, m.Title = 2, "New name" }))} {
			o.tell(news)
			if e := o.ends("m_accident", domain.Failed); e.Error.Code != domain.CodeMatterGone || e.Attempts != 1 {
				t.Errorf("after %d attempts the failure is %+v", e.Attempts, e.Error)
			}
		}
		o.sim.ClearFaults()
		o.retry(o.newest("m_accident").ID)
		o.ends("m_accident", domain.Succeeded)
		settle()
		if m := o.one(); m.Description != "New name" || o.filed(m.ID) != 2 {
			t.Errorf("Smokeball has %+v with %d files", m, o.filed(m.ID))
		}
	})
}

// TestAContactThatWasDeletedIsNotUsedForANewMatter tells that a client whose contact people
// deleted gets another one with the next matter.
func TestAContactThatWasDeletedIsNotUsedForANewMatter(t *testing.T) {
	t.Parallel()
	for _, hooked := range []bool{false, true} {
		story(t, func(o *office) {
			if hooked {
				o.hooks()
			}
			o.sends(numbered(1, maria()))
			gone := o.kept().Contacts[0].ID
			o.must(o.sim.EditContact(gone, []byte(`{"isDeleted":true}`)))
			settle()
			o.away(2 * syncing.Fresh)
			o.sends(numbered(2, maria()))
			o.wantsOtherContact("m_2", gone)
			o.must(o.sim.EditContact(gone, []byte(`{"isDeleted":false}`)))
			settle()
			o.sends(numbered(3, maria()))
			o.wantsOtherContact("m_3", gone)
			if n := len(o.kept().Contacts); n != 2 {
				t.Errorf("hooked %v: Smokeball has %d contacts", hooked, n)
			}
		})
	}
}

// wantsOtherContact requires a matter in Smokeball without that contact.
func (o *office) wantsOtherContact(m domain.MatterID, gone string) {
	o.Helper()
	i := slices.IndexFunc(o.kept().Matters, func(s smokeballsim.MatterState) bool { return s.ExternalSystemID == string(m) })
	if i < 0 || len(o.kept().Matters[i].ClientIDs) != 1 || slices.Contains(o.kept().Matters[i].ClientIDs, gone) {
		o.Errorf("matter %s has a deleted contact, or none: %+v", m, o.kept().Matters)
	}
}

// TestAMatterRefusedForItsDeletedContactRecovers tells that where nobody knew of the
// deletion, Smokeball's refusal of the matter lets the contact be made again.
func TestAMatterRefusedForItsDeletedContactRecovers(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.sends(numbered(1, maria()))
		gone := o.kept().Contacts[0].ID
		o.must(o.sim.EditContact(gone, []byte(`{"isDeleted":true}`)))
		o.fault(smokeballsim.Fault{Route: makeMatter, Kind: smokeballsim.Status, Status: 400, Count: 1})
		o.sends(numbered(2, maria()))
		o.wantsOtherContact("m_2", gone)
		if n := len(o.kept().Contacts); n != 2 {
			t.Errorf("Smokeball has %d contacts", n)
		}
	})
}
