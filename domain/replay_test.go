package domain_test

import (
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// TestReplay: given a matter's history, when it is replayed through other mappings, then its type
// and its calls are those that it would have had.
func TestReplay(t *testing.T) {
	created := domain.MatterCreated{Matter: domain.MatterData{ID: "m_1", Version: 1, CaseType: "Divorce", PracticeArea: "Family Law", Jurisdiction: "IL"}}
	begins := list(created, domain.SyncRequested{Sync: "s_1"}, domain.SyncStarted{Sync: "s_1", Attempt: 1})
	chose := domain.MatterTypeResolved{Sync: "s_1", CaseType: "Divorce", TypeID: "divorce_IL", TypeName: "Divorce"}
	client := domain.ContactResolved{Sync: "s_1", Client: "c_1", Contact: "sb_c", Outcome: domain.OutcomeAccepted}
	creates := domain.MatterCreationStarted{Sync: "s_1", Request: "r_1", Sent: domain.MatterDraft{MatterTypeID: "divorce_IL"}}
	accepted := domain.MatterAccepted{Sync: "s_1", Matter: "sb_1", Request: "r_1", Sent: creates.Sent}
	file := domain.FileCreationStarted{Sync: "s_1", Document: "d_1", Request: "r_2"}
	synced := append(begins[:len(begins):len(begins)], chose, client, creates, accepted, file)
	waits := append(begins[:len(begins):len(begins)], domain.SyncDeferred{Sync: "s_1", Failure: domain.Failure{Code: domain.CodeMatterTypeUnmapped}})
	unknown := created
	unknown.Matter.CaseType = "Annulment"
	will := mapped("map_1", "Divorce", "", "", "will")
	gone := mapped("map_1", "Divorce", "", "", "no_such_type")
	for _, c := range []struct {
		name     string
		history  []domain.Event
		own      []domain.Mapping
		outcome  domain.ReplayOutcome
		calls    string // of those that would have been made; * marks another body
		withheld int
	}{
		{"never synced", list(created), nil, domain.ReplayNone, "", 0},
		{"the same mappings", synced, nil, domain.ReplaySame, "POST /contacts, POST /matters, POST /matters/sb_1/documents/files, ", 0},
		{"another type", synced, []domain.Mapping{will}, domain.ReplayOther, "POST /contacts, POST /matters*, POST /matters/sb_1/documents/files, ", 0},
		{"a type that is gone", synced, []domain.Mapping{gone}, domain.ReplayStops, "", 3},
		{"it waits and would have a type", waits, []domain.Mapping{will}, domain.ReplayGoes, "", 0},
		{"it waits either way", waits, []domain.Mapping{gone}, domain.ReplayWaits, "", 0},
		{"it waits, and has a type once CaseHug corrects it", append(list(unknown), append(waits[1:len(waits):len(waits)], domain.MatterUpdated{Matter: created.Matter},
			domain.SyncStarted{Sync: "s_1", Attempt: 2}, chose, client)...), nil, domain.ReplaySame, "POST /contacts, ", 0},
		{"a file is renamed, and one whose name was found to be right", append(synced[:len(synced):len(synced)], domain.FileRenamed{Sync: "s_1", Document: "d_1", File: "f-1", Request: "r_3"}, domain.FileRenamed{Sync: "s_1", Document: "d_2", File: "f-2"}),
			nil, domain.ReplaySame, "POST /contacts, POST /matters, POST /matters/sb_1/documents/files, PATCH /matters/sb_1/documents/files/f-1, ", 0},
		{"there already, it is not asked again", append(synced[:len(synced):len(synced)], domain.SyncSucceeded{Sync: "s_1"}, domain.SyncRequested{Sync: "s_2"}, domain.SyncStarted{Sync: "s_2", Attempt: 1},
			domain.MatterTypeResolved{Sync: "s_2", CaseType: "Divorce", TypeID: "divorce_IL", TypeName: "Divorce"}), nil, domain.ReplaySame, "POST /contacts, POST /matters, POST /matters/sb_1/documents/files, ", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			run := domain.DryRun{Types: account}
			for _, w := range c.own {
				run.Then = run.Then.Apply(domain.MappingRevised{Mapping: w}, time.Time{})
			}
			got := run.Replay(func(yield func(domain.Event, time.Time) bool) {
				for _, e := range c.history {
					yield(e, time.Time{})
				}
			})
			syncs := 0
			for _, e := range c.history {
				if _, ok := e.(domain.SyncStarted); ok {
					syncs++
				}
			}
			if got.Syncs != syncs {
				t.Errorf("%d syncs were begun, want %d", got.Syncs, syncs)
			}
			calls := ""
			for _, k := range got.Calls {
				calls += k.Method + " " + k.Path
				if k.Changed {
					calls += "*"
				}
				calls += ", "
			}
			if got.Outcome != c.outcome || calls != c.calls || got.Withheld != c.withheld {
				t.Errorf("it is %s with %q, %d withheld; want %s with %q, %d", got.Outcome, calls, got.Withheld, c.outcome, c.calls, c.withheld)
			}
		})
	}
}
