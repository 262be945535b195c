package web_test

import (
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

const (
	contactID = domain.SmokeballID("1e94b7c8-0001-4000-8000-00000000b263")
	matterID  = domain.SmokeballID("7c1f0a52-0002-4000-8000-00000000e9b4")
	fileID    = domain.SmokeballID("f04a6c1d-0003-4000-8000-00000000e8a7")
)

func at(minutesBeforeNoon int) time.Time {
	return noon.Add(-time.Duration(minutesBeforeNoon) * time.Minute)
}

func size(n int64) *int64 { return &n }

func rivera() domain.MatterData {
	opened := noon.Add(-22 * 24 * time.Hour)
	return domain.MatterData{ID: "m_1001", Version: 3, Title: "Rivera v. Apex Freight", CaseNumber: "CH-2026-0142", CaseType: "Auto Accident",
		PracticeArea: "Personal Injury", Jurisdiction: "IL", Status: "active", OpenedAt: &opened,
		Client: domain.ClientData{ID: "c_77", Version: 1, FirstName: "Maria", LastName: "Rivera", Email: "maria@example.com", Phone: "+1 312 555 0142"}}
}

func cho() domain.MatterData {
	return domain.MatterData{ID: "m_1002", Version: 1, Title: "Cho v. Northline Transit", CaseNumber: "CH-2026-0143", CaseType: "Pedestrian Accident",
		Status: "active", Client: domain.ClientData{ID: "c_78", FirstName: "Daniel", LastName: "Cho"}}
}

func origin(id string) domain.EventRef { return domain.EventRef{Source: "casehug/matters", ID: id} }

// connect connects the firm.
func (e *engine) connect() *engine {
	e.add(noon.Add(-43*24*time.Hour), domain.ConnectionStream(firm), authorized("a1"))
	return e
}

// tell records a firm's day: one matter that is in Smokeball, one that waits for a
// mapping, one that failed, one that is on its way, and an event that nobody could read.
func (e *engine) tell() *engine {
	e.tellRivera()
	e.tellTrouble()
	stream := domain.MatterStream(firm, "m_1005")
	e.add(at(1), stream, domain.MatterCreated{Origin: origin("evt_40"), Matter: domain.MatterData{ID: "m_1005", Version: 1, Title: "Ortiz – workers’ compensation",
		CaseNumber: "CH-2026-0149", CaseType: "Workers’ Compensation", Status: "active", Client: domain.ClientData{ID: "c_80", FirstName: "Samuel", LastName: "Ortiz"}}},
		domain.SyncRequested{Sync: "s_running", Trigger: domain.TriggerManual, By: "u_5", Title: "Ortiz – workers’ compensation", CaseNumber: "CH-2026-0149"},
		domain.SyncStarted{Sync: "s_running", Attempt: 1, Title: "Ortiz – workers’ compensation", CaseNumber: "CH-2026-0149"})
	e.add(at(60), domain.DeadLetterStream(firm, "dl_1"), domain.DeadLettered{Subject: "casehug.f_1.matter.updated", Type: domain.TypeMatterUpdated,
		Origin: origin("evt_7f31c2"), Body: []byte(`{"id":"evt_7f31c2","data":{"matter_id":"m_1001","title":"Rivera v. Apex Freight","version":4,"status":"archived"}}`),
		Faults: []domain.FieldFault{{Field: "/status", Reason: "must be active, pending or closed"}}})
	e.add(at(59), domain.DeadLetterStream(firm, "dl_2"), domain.DeadLettered{Subject: "casehug.f_1.x", Body: []byte("\xff\xfe"),
		Faults: []domain.FieldFault{{Reason: "is not JSON"}}})
	e.tellDeadLetters()
	return e
}

func (e *engine) tellRivera() {
	stream, m := domain.MatterStream(firm, "m_1001"), rivera()
	draft := domain.MatterDraft{ExternalID: "m_1001", Number: m.CaseNumber, Description: m.Title, MatterTypeID: "t_1", ClientIDs: []domain.SmokeballID{contactID}, Status: "Open"}
	approvedAt := at(91)
	e.add(at(90), stream,
		domain.MatterCreated{Origin: origin("evt_1"), Matter: m},
		domain.DocumentApproved{Origin: origin("evt_2"), Document: domain.DocumentData{ID: "d_9", Matter: "m_1001", FileName: "Signed retainer.pdf", SizeBytes: size(48213), ApprovedBy: "u_5", ApprovedAt: &approvedAt}},
		domain.SyncRequested{Sync: "s_done", Trigger: domain.TriggerDocumentApproved, By: "u_5", Origin: origin("evt_2"), Title: m.Title, CaseNumber: m.CaseNumber})
	e.add(at(90).Add(time.Second), stream,
		domain.SyncStarted{Sync: "s_done", Attempt: 1, Title: m.Title, CaseNumber: m.CaseNumber},
		domain.MatterTypeResolved{Sync: "s_done", CaseType: m.CaseType, TypeID: "t_1", TypeName: "Motor Vehicle Accident", DurationMS: 1},
		domain.ContactResolved{Sync: "s_done", Client: "c_77", Contact: contactID, Outcome: domain.OutcomeAccepted, Request: "r-1", DurationMS: 530},
		domain.MatterAccepted{Sync: "s_done", Matter: matterID, Request: "r-2", Sent: draft, DurationMS: 645},
		domain.FileAccepted{Sync: "s_done", Document: "d_9", File: fileID, Request: "r-3"},
		domain.DocumentUploaded{Sync: "s_done", Document: "d_9", File: fileID, FileName: "Signed retainer.pdf", SizeBytes: 48213, DurationMS: 900})
	e.add(at(90).Add(7*time.Second), stream,
		domain.SyncConfirming{Sync: "s_done"},
		domain.MatterConfirmed{Sync: "s_done", Matter: matterID, By: domain.ByWebhook, DurationMS: 1900},
		domain.DocumentConfirmed{Sync: "s_done", Document: "d_9", File: fileID, By: domain.ByWebhook},
		domain.SyncSucceeded{Sync: "s_done", Warnings: []domain.Warning{{Code: "responsible_not_found", Message: "The responsible person is not in Smokeball"}}})
}

func (e *engine) tellTrouble() {
	m := cho()
	e.add(at(71), domain.MatterStream(firm, m.ID), domain.MatterCreated{Origin: origin("evt_10"), Matter: m},
		domain.SyncRequested{Sync: "s_waits", Trigger: domain.TriggerDocumentApproved, Title: m.Title, CaseNumber: m.CaseNumber},
		domain.SyncStarted{Sync: "s_waits", Attempt: 1, Title: m.Title, CaseNumber: m.CaseNumber},
		domain.SyncDeferred{Sync: "s_waits", Step: domain.StepMatterType, Failure: domain.Failure{Code: domain.CodeMatterTypeUnmapped,
			Message: "No Smokeball matter type fits “Pedestrian Accident”", Remedy: "A firm admin chooses a matter type."}})
	f := domain.MatterStream(firm, "m_1003")
	e.add(at(15), f, domain.MatterCreated{Origin: origin("evt_20"), Matter: domain.MatterData{ID: "m_1003", Version: 1, Title: "Becker v. Becker",
		CaseNumber: "CH-2026-0146", CaseType: "Divorce", Status: "pending", Client: domain.ClientData{ID: "c_81", LastName: "Becker"}}},
		domain.SyncRequested{Sync: "s_failed", Trigger: domain.TriggerManual, By: "u_1", Title: "Becker v. Becker", CaseNumber: "CH-2026-0146"},
		domain.SyncStarted{Sync: "s_failed", Attempt: 1, Title: "Becker v. Becker", CaseNumber: "CH-2026-0146"},
		domain.SyncFailed{Sync: "s_failed", Step: domain.StepMatter, Failure: domain.Failure{Code: domain.CodeSmokeballRefused, Message: "Smokeball refused the matter",
			Remedy: "Correct the matter in CaseHug and sync it again.", Smokeball: &domain.Refusal{Status: 400, Title: "Bad Request", Detail: "number is taken", RequestID: "r-9"}}})
}

// finishRunning ends the sync that is on its way.
func (e *engine) finishRunning() {
	e.add(noon, domain.MatterStream(firm, "m_1005"), domain.SyncConfirming{Sync: "s_running"}, domain.SyncSucceeded{Sync: "s_running"})
}

// end ends the firm's sign-in to Smokeball while a sync waits.
func (e *engine) end() *engine {
	e.add(at(30), domain.ConnectionStream(firm), domain.ReauthorizationRequired{Failure: domain.Failure{Code: domain.CodeReauthorizationRequired,
		Message: "Smokeball's sign-in has ended", Remedy: "A firm admin signs in again."}})
	e.tellTrouble()
	return e
}
