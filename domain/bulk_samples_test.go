package domain_test

import (
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

func bulkSamples() []domain.Event {
	return list(
		domain.BulkStarted{Bulk: "b_0A1B2C3D4E5F6G7H", Scope: domain.BulkScope{Matters: []domain.MatterID{"m_1001"}, All: true,
			Filter: &domain.BulkFilter{Status: "active", CaseType: "Auto Accident", UpdatedSince: "2026-11-02T15:04:05Z", Differs: ptr(true)}},
			Estimates: true, LinkOnly: true, By: "u_1", ByName: "Folasade Osei"},
		domain.BulkMattersChosen{Matters: []domain.BulkMatter{{ID: "m_1001", Calls: 4}}},
		domain.BulkEstimated{Calls: 4, Reads: 2, NewClient: 1, Documents: 3, Links: 1, Lacking: 1, Each: 2500 * time.Microsecond},
		domain.BulkAdvanced{Outcomes: []domain.BulkOutcome{{Matter: 1, ID: "m_1001", Outcome: domain.BulkUndecided, Sync: sampleSync, Code: domain.CodeSmokeballRefused,
			Candidates: []domain.SmokeballID{sbC}, Linked: true}}, Weight: 41, Calls: 4, Looked: 2, Ahead: 7},
		domain.BulkTakenUp{Left: 3, Calls: 5},
		domain.BulkSyncPaused{By: "u_1", ByName: "Folasade Osei"},
		domain.BulkResumed{By: "u_1", ByName: "Folasade Osei"},
		domain.BulkSyncCancelled{By: "u_1", ByName: "Folasade Osei"},
		domain.BulkFinished{Matters: 36},
	)
}
