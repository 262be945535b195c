package domain_test

import (
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// The values that the samples share. All persons and firms are made up.
var (
	sampleTime = time.Date(2026, 11, 2, 15, 4, 5, 123456789, time.UTC)
	sampleRef  = domain.EventRef{Source: "casehug/matters", ID: "01HGX5R8M2"}
	company    = domain.ClientData{ID: "c_78", Version: 2, CompanyName: "Apex Freight LLC", Email: "claims@apex.example", Phone: "+1 217 555 0100"}

	sampleMatter = domain.MatterData{ID: "m_1001", Version: 3, Title: "Rivera v. Apex Freight", CaseNumber: "CH-2026-0142", CaseType: "Auto Accident",
		PracticeArea: "Personal Injury", Jurisdiction: "IL", Status: "closed", OpenedAt: ptr(sampleTime), ClosedAt: ptr(sampleTime.Add(48 * time.Hour)),
		Client: maria(), OtherClients: []domain.ClientData{company}, ResponsibleEmail: "lee@oak.example", Tags: []string{"intake", "urgent"}, Cleaned: []string{"title"}}
	sampleDocument = domain.DocumentData{ID: "d_9", Matter: "m_1001", FileName: "Signed retainer.pdf", ContentType: "application/pdf", SizeBytes: ptr(int64(48213)),
		SHA256:     "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		ApprovedBy: "u_5", ApprovedAt: ptr(sampleTime), Content: domain.Content{Object: "casehug-documents/d_9"}, Folder: "Intake", Cleaned: true}
	sampleDraft = domain.MatterDraft{ExternalID: "m_1001", Number: "CH-2026-0142", Description: "Rivera v. Apex Freight", MatterTypeID: "0623643a_IL",
		ClientIDs: []domain.SmokeballID{sbC, sbF}, ClientRole: "Plaintiff", Status: "Closed",
		OpenedDate: ptr(sampleTime.Truncate(time.Second)), ClosedDate: ptr(sampleTime.Add(48 * time.Hour).Truncate(time.Second)), ResponsibleStaffID: "c85d28cb"}
	sampleFailure = domain.Failure{Code: domain.CodeSmokeballRefused, Message: "Smokeball refused the matter: the matter type is not valid",
		Remedy: "Correct the case type in CaseHug, then click Retry.",
		Smokeball: &domain.Refusal{Status: 400, Title: "Bad Request", Detail: "One field is not valid.", Errors: []string{"matterTypeId: not valid"},
			RequestID: "b5f6a1c2-0000-8000-8000-000000000001"}}
	sampleContact = domain.ContactDraft{ExternalID: "c_77", FirstName: "Maria", LastName: "Rivera", CompanyName: "Rivera LLC", Email: "maria@example.com", Phone: "+1 312 555 0142"}
	sampleDoubt   = domain.Doubt{Code: domain.ContactEmailShared, Contact: sbF, Name: "Luis Rivera", Link: "https://api.smokeball.com/contacts/" + string(sbF)}
	sampleFirm    = domain.Account{ID: "3f2a9c1e-0000-4000-8000-000000000001", Name: "Oak & Partners LLP"}
	sampleWarning = domain.Warning{Code: "matter_type_normalised", Message: "Case type \"Auto Accident\" was taken for Smokeball's matter type \"Motor Vehicle Accident\"", Link: "https://api.smokeball.com/contacts/" + string(sbF)}
)

const (
	sampleSync    domain.SyncID    = "s_0A1B2C3D4E5F6G7H"
	sampleRequest domain.RequestID = "b5f6a1c2-0000-8000-8000-000000000001"
	sampleAccount                  = "3f2a9c1e-0000-4000-8000-000000000001"
)

var sampleSweep = domain.SweepBegun{Reason: domain.SweepOutage, Account: sampleAccount, Full: true, Since: sampleTime, At: sampleTime}

// samples are one event of each name, with every field filled.
func samples() []domain.Event {
	all := matterSamples()
	for _, more := range [][]domain.Event{syncSamples(), effectSamples(), fileSamples(), personSamples(), firmSamples(), bulkSamples()} {
		all = append(all, more...)
	}
	return all
}

func matterSamples() []domain.Event {
	return list(
		domain.MatterCreated{Origin: sampleRef, Matter: sampleMatter},
		domain.MatterUpdated{Origin: sampleRef, Matter: sampleMatter},
		domain.MatterOutdated{Origin: sampleRef, Version: 2, Current: 3},
		domain.DocumentApproved{Origin: sampleRef, Document: sampleDocument, Vouched: true, Part: true},
		domain.MatterRebased{Version: 3, Was: 2147483647, By: "u_1", ByName: "Dana Cole"},
		domain.ClientRebased{Version: 2, Was: 2147483647, By: "u_1", ByName: "Dana Cole"},
	)
}

func syncSamples() []domain.Event {
	return list(
		domain.SyncRequested{Sync: sampleSync, Trigger: domain.TriggerDocumentApproved, By: "u_5", Proof: domain.AskedByToken, Origin: sampleRef, Title: sampleMatter.Title, CaseNumber: sampleMatter.CaseNumber, Client: "Maria Rivera", ByName: "Ben Lindqvist"},
		domain.SyncJoined{Sync: sampleSync, Origin: sampleRef, By: "u_5", ByName: "Dana Cole", Proof: domain.AskedByWord, Trigger: domain.TriggerManual},
		domain.SyncStarted{Sync: sampleSync, Attempt: 2, Title: sampleMatter.Title, CaseNumber: sampleMatter.CaseNumber, Client: "Maria Rivera"},
		domain.SyncDeferred{Sync: sampleSync, Step: domain.StepContact, Failure: sampleFailure, Until: sampleTime.Add(time.Minute), MappingRevision: 2, TypesSeen: 41},
		domain.SyncReleased{Sync: sampleSync, Reason: "a sync was asked for", By: "u_1", ByName: "Dana Cole"},
		domain.SyncConfirming{Sync: sampleSync},
		domain.SyncSucceeded{Sync: sampleSync, Warnings: []domain.Warning{sampleWarning}},
		domain.SyncFailed{Sync: sampleSync, Step: domain.StepMatter, Failure: sampleFailure},
		domain.SyncSkipped{Sync: sampleSync, Reason: "Smokeball already has this"},
		domain.SyncCancelled{Sync: sampleSync, By: "u_5", ByName: "Ben Lindqvist"},
	)
}

func effectSamples() []domain.Event {
	change := domain.MatterChange{OpenedDate: ptr(sampleTime.Truncate(time.Second)), Reopened: true, Number: ptr("CH-2026-0142"), Description: ptr("Rivera v. Apex Freight"), Status: ptr("Closed"),
		ClosedDate: sampleDraft.ClosedDate, ClientIDs: sampleDraft.ClientIDs, ResponsibleStaffID: &sampleDraft.ResponsibleStaffID,
		MatterTypeID: sampleDraft.MatterTypeID, ClientRole: "Plaintiff"}
	return list(
		domain.MatterTypeResolved{Sync: sampleSync, CaseType: "Auto Accident", PracticeArea: "Personal Injury", Jurisdiction: "IL", TypeID: "0623643a_IL",
			TypeName: "Motor Vehicle Accident", Warning: &sampleWarning, DurationMS: 12, How: domain.HowCustom, Mapping: sampleMapping.ID, MappingRevision: 3, ClientRole: "Plaintiff"},
		domain.ContactResolved{Sync: sampleSync, Client: "c_77", Contact: sbC, Key: "k_7d1f", Outcome: domain.OutcomeAccepted, Request: sampleRequest,
			Pending: true, Warning: &domain.Warning{Code: "contact_ambiguous", Message: "Two contacts have this e-mail; the older one was taken", Link: "https://api.smokeball.com/contacts/" + string(sbF)}, DurationMS: 210},
		domain.ContactSeen{Sync: sampleSync, Contact: sbC, By: domain.ByWebhook, Request: sampleRequest, DurationMS: 900},
		domain.SyncWarned{Sync: sampleSync, Warning: sampleWarning, CaseType: "Dog Bite", Field: "responsible", Value: "c85d28cb"},
		domain.MatterTagged{Sync: sampleSync, Matter: sbM, Tags: []string{"intake"}},
		domain.FolderCreationStarted{Sync: sampleSync, Path: "Intake/Forms", Request: sampleRequest},
		domain.FolderCreationRefused{Sync: sampleSync, Path: "Intake/Forms", Request: sampleRequest},
		domain.FolderResolved{Sync: sampleSync, Path: "Intake/Forms", Folder: sbF, Made: true},
		domain.FolderGone{Sync: sampleSync, Path: "Intake/Forms", Folder: sbF},
		domain.MatterCreationStarted{Sync: sampleSync, Request: sampleRequest, Sent: sampleDraft, Account: sampleAccount},
		domain.MatterMissed{Sync: sampleSync, Matter: sbM, Request: sampleRequest},
		domain.MatterCreationRefused{Sync: sampleSync, Request: sampleRequest},
		domain.MatterCreationAbandoned{Sync: sampleSync, Request: sampleRequest, Reason: domain.AbandonedNotSeen},
		domain.MatterChangeMissed{Sync: sampleSync, Request: sampleRequest},
		domain.FolderCreationAbandoned{Sync: sampleSync, Path: "Intake/Forms", Request: sampleRequest, Reason: domain.AbandonedNotSeen},
		domain.MatterAccepted{Sync: sampleSync, Matter: sbM, Request: sampleRequest, Sent: sampleDraft, Account: sampleAccount, DurationMS: 180},
		domain.MatterLinked{Sync: sampleSync, Matter: sbM, How: "external_id", Known: sampleDraft, Account: sampleAccount, DurationMS: 95, By: "u_1", ByName: "Dana Cole", Choice: domain.ClientSame, Contact: sbC, Left: []domain.ClientID{"c_78"}},
		domain.MatterGone{Sync: sampleSync, Matter: sbM},
		domain.DifferenceAccepted{Field: "case_type", Matter: sbM, Value: "0623643a_IL", Name: "Motor Vehicle Accident", CaseHug: "Auto Accident", KnownBy: domain.ByRead, By: "u_1", ByName: "Dana Cole"},
		domain.ClientDifferenceAccepted{Field: "client.phone", Matter: "m_1001", Contact: sbC, Value: "+1 312 555 0143", Values: domain.ContactValues{FirstName: "Maria", LastName: "Rivera", CompanyName: "Rivera LLC", Email: "maria@example.com", Phone: "+1 312 555 0143", Deleted: true},
			CaseHug: "+1 312 555 0142", KnownBy: domain.ByWebhook, By: "u_1", ByName: "Dana Cole"},
		domain.RepairAsked{Sync: sampleSync, Field: "status", Seen: "Closed", CaseHug: "active", By: "u_1", ByName: "Dana Cole"},
		domain.RepairDropped{Sync: sampleSync, Field: "status", Reason: domain.RepairChanged, Value: "Pending"},
		domain.DriftCheckAsked{Check: "k_1", Matter: "m_1001", By: "u_1", ByName: "Dana Cole"},
		domain.DriftCheckMarked{Check: "k_1", Resources: 2},
		domain.ReadAsked{Check: "k_1"},
		domain.ContactRepairStarted{Client: "c_77", Request: sampleRequest, Sent: sampleContact},
		domain.MatterSeen{ReadAt: sampleTime, Matter: sbM, Values: domain.MatterValues{Status: "Closed", Description: "Rivera v. Apex Freight", Number: "CH-2026-0142", TypeID: "0623643a_IL", TypeName: "Motor Vehicle Accident",
			Responsible: "c85d28cb", ResponsibleName: "Jordan Lee", ResponsibleEmail: "lee@oak.example", ClientIDs: []domain.SmokeballID{sbC}, Opened: "2026-11-02", Closed: "2026-11-04"}, Version: "638609288928990639", By: domain.ByWebhook, Hint: sampleRef, ChangedAt: sampleTime, Changed: []string{"status"}},
		domain.MatterUnlinked{Sync: sampleSync, Matter: sbM, Account: sampleAccount, Reason: domain.UnlinkedAccount, By: "u_1", ByName: "Dana Cole"},
		domain.MatterChangeAccepted{Sync: sampleSync, Matter: sbM, Request: sampleRequest, Change: change, Sent: sampleDraft, DurationMS: 140},
		domain.MatterChangeRefused{Sync: sampleSync, Request: sampleRequest},
		domain.MatterUnchanged{Sync: sampleSync, Matter: sbM},
		domain.MatterConfirmed{Sync: sampleSync, Matter: sbM, By: domain.ByRead, Request: sampleRequest, DurationMS: 1450},
	)
}

func fileSamples() []domain.Event {
	return list(
		domain.FileCreationStarted{Sync: sampleSync, Document: "d_9", Request: sampleRequest, FileName: "Signed retainer.pdf"},
		domain.DocumentReplacementStarted{Sync: sampleSync, Document: "d_9", File: sbF},
		domain.DocumentKept{Sync: sampleSync, Document: "d_9", File: sbF, SHA256: sampleDocument.SHA256, Compared: true},
		domain.FileRenamed{Sync: sampleSync, Document: "d_9", File: sbF, Was: "Retainer.pdf", FileName: "Signed retainer.pdf", Request: sampleRequest, DurationMS: 820},
		domain.FileCreationRefused{Sync: sampleSync, Document: "d_9", Request: sampleRequest},
		domain.FileCreationAbandoned{Sync: sampleSync, Document: "d_9", File: sbF, Request: sampleRequest, Reason: domain.AbandonedDeleted},
		domain.FileMissed{Sync: sampleSync, Document: "d_9", File: sbF, Request: sampleRequest},
		domain.FileAccepted{Sync: sampleSync, Document: "d_9", File: sbF, Request: sampleRequest},
		domain.DocumentUploaded{Sync: sampleSync, Document: "d_9", File: sbF, Request: sampleRequest, FileName: "Signed retainer.pdf", SHA256: sampleDocument.SHA256, SizeBytes: 48213, DurationMS: 640},
		domain.DocumentConfirmed{Sync: sampleSync, Document: "d_9", File: sbF, By: domain.ByRead, Request: sampleRequest, DurationMS: 1100},
		domain.DocumentFailed{Sync: sampleSync, Document: "d_9", FileName: "Signed retainer.pdf", Failure: sampleFailure},
	)
}

func personSamples() []domain.Event {
	return list(
		domain.ClientUpdated{Origin: sampleRef, Client: maria(), Matter: matterA},
		domain.ClientOutdated{Origin: sampleRef, Version: 1, Current: 2},
		domain.ClientLinked{Matter: "m_1001", Contact: sbC, Key: "k_7d1f", Followed: "1e94b7c8-0001-4000-8000-00000000c001"},
		domain.ClientRegistered{Client: "c_77", Key: "k_7d1f"},
		domain.ClientSeen{ReadAt: sampleTime, Client: "c_77", Contact: sbC, Values: domain.ContactValues{FirstName: "Maria", LastName: "Rivera", CompanyName: "Rivera LLC", Email: "maria@example.com", Phone: "+1 312 555 0142", Deleted: true},
			Writes: 2, Waits: true, Version: "b1f0", Ticks: 638609288928990639, By: domain.ByWebhook, Hint: sampleRef, ChangedAt: sampleTime, Changed: []string{"last_name"}, Matters: []domain.MatterID{"m_1001"}},
		domain.ContactMatched{Contact: sbC, Client: "c_77", Known: maria().ContactDraft(), Account: sampleAccount, Owner: "c_78", Doubt: sampleDoubt, Differs: []string{"phone number"}},
		domain.ContactCreationStarted{Client: "c_77", Request: sampleRequest, Sent: maria().ContactDraft(), Account: sampleAccount, Doubt: sampleDoubt},
		domain.ContactCreationRefused{Request: sampleRequest},
		domain.ContactCreationAbandoned{Request: sampleRequest, Reason: domain.AbandonedNotSeen},
		domain.ContactMissed{Contact: sbC},
		domain.ContactChangeMissed{Client: "c_77", Was: sampleContact},
		domain.ContactAccepted{Contact: sbC, Client: "c_78", Request: sampleRequest, Sent: company.ContactDraft(), Account: sampleAccount, Doubt: sampleDoubt},
		domain.ContactChangeAccepted{Client: "c_77", Request: sampleRequest, Sent: maria().ContactDraft(), Change: domain.ContactChange{ContactDraft: sampleContact, Removed: sampleContact}, Was: sampleContact},
		domain.ContactChangeRefused{Client: "c_77", Was: sampleContact},
		domain.ContactConfirmed{By: domain.ByWebhook},
		domain.ContactLost{Contact: sbC, Account: sampleAccount},
	)
}

var sampleMapping = domain.Mapping{ID: "map_auto_il", CaseType: "Auto Accident", PracticeArea: "Personal Injury", Jurisdiction: "IL",
	MatterTypeID: "0623643a_IL", ClientRole: "Plaintiff"}

func firmSamples() []domain.Event {
	return list(
		domain.MatterReserved{Matter: sbM, For: "m_1001"},
		domain.MatterFreed{Matter: sbM, For: "m_1001"},
		domain.EraseRequested{Subject: domain.EraseSubject{Matter: "m_1001", Client: "c_77"}, By: "u_admin", ByName: "Ana Brown"},
		domain.EraseFound{Matters: []domain.MatterID{"m_1001"}, Clients: []domain.ClientID{"c_77"}, Streams: []string{"deadletter.f_1.dl_1"}, Resources: []domain.SmokeballID{sbM}},
		domain.EraseStepDone{Step: domain.EraseKeys},
		domain.MatterErased{Erase: "er_1"},
		domain.ClientErased{Erase: "er_1"},
		domain.RetentionChanged{Retention: domain.Retention{History: 365, Audit: domain.KeepForever, DeadLetters: 90}, By: "u_1", ByName: "Lee Oak"},
		domain.HistoryExpired{Before: sampleTime, Syncs: []domain.ExpiredSync{{Sync: sampleSync, Matter: "m_1001"}}},
		domain.AuditExpired{Before: sampleTime, Entries: []domain.AuditKey{"17", "0a1b2c"}},
		domain.DeadLetterExpired{Before: sampleTime, Was: domain.DeadLetterDiscarded},
		domain.AccountClaimed{Firm: "f_1"},
		domain.AccountFreed{Firm: "f_1"},
		domain.MappingRevised{Mapping: sampleMapping, TypeName: "Motor Vehicle Accident", By: "u_1", ByName: "Lee Oak"},
		domain.MappingRemoved{ID: sampleMapping.ID, By: "u_1", ByName: "Lee Oak"},
		domain.AuthorizationStarted{Attempt: "6f1c0d", By: "u_1", ByName: "Lee Oak", Expires: sampleTime.Add(10 * time.Minute)},
		domain.AuthorizationFailed{Attempt: "6f1c0d", Failure: sampleFailure, By: "u_1", ByName: "Dana Cole"},
		domain.RequestRefused{Actor: "u_5", Name: "Ben Lindqvist", Role: domain.StandardUser, Action: domain.ActionChangeSettings, Target: "m_1001", Code: domain.CodeForbidden,
			Reason: "This is for firm admins.", Since: sampleTime, Times: 3},
		domain.ConnectionAuthorized{Attempt: "6f1c0d", Account: domain.Account{ID: "3f2a9c1e-0000-4000-8000-000000000001", Name: "Oak & Partners LLP"}, Region: "us",
			Scopes: []string{"matters/read", "matters/write"}, By: "u_1", ByName: "Lee Oak", ReauthorizeBy: sampleTime.Add(180 * 24 * time.Hour), Webhooks: true},
		domain.ConnectionLost{Failure: sampleFailure},
		domain.ConnectionTroubled{Failure: sampleFailure, Since: sampleTime},
		domain.ConnectionRecovered{ReauthorizeBy: sampleTime},
		domain.ReauthorizationRequired{Failure: sampleFailure},
		domain.Disconnected{By: "u_1", ByName: "Lee Oak"},
		domain.WebhooksRegistered{Subscription: "sub_4410", By: "u_1", ByName: "Lee Oak"},
		domain.WebhooksRemoved{Subscription: "sub_4410", By: "u_1", ByName: "Lee Oak"},
		domain.ReauthorizationSoon{ReauthorizeBy: sampleTime.Add(180 * 24 * time.Hour)},
		domain.ConnectionChecked{Account: sampleFirm, Failure: &sampleFailure},
		domain.ConnectionClosed{Failure: &sampleFailure},
		domain.AccountProposed{Attempt: "6f1c0d", Account: sampleFirm, Expires: sampleTime.Add(10 * time.Minute), By: "u_1", ByName: "Dana Cole"},
		domain.AccountConfirmed{Attempt: "6f1c0d", Account: sampleFirm, By: "u_1", ByName: "Dana Cole"},
		domain.AccountDropped{Attempt: "6f1c0d", Account: sampleFirm, By: "u_1", ByName: "Dana Cole"},
		domain.WebhooksLost{Subscription: "sub_4410", Silent: true, Failure: sampleFailure},
		domain.WebhooksRestored{Subscription: "sub_4411", By: "u_1", ByName: "Dana Cole"},
		domain.WebhooksTested{Subscription: "sub_4411", By: "u_1", ByName: "Dana Cole"},
		domain.WebhooksHeard{Subscription: "sub_4411"},
		domain.WebhookRotationStarted{Rotation: "r_7d1f", By: "u_1", ByName: "Lee Oak"},
		domain.WebhooksRotated{Rotation: "r_7d1f", Subscription: "sub_4411", By: "u_1"},
		domain.WebhookKeysRetired{Rotation: "r_7d1f"},
		domain.SettingsChanged{By: "u_1", ByName: "Lee Oak", Settings: domain.Settings{SyncTags: true, Owners: domain.FieldOwners{Status: "casehug", Title: "smokeball", CaseNumber: "ask", CaseType: "smokeball", Responsible: "casehug",
			OpenedAt: "smokeball", ClosedAt: "casehug", ClientName: "casehug", ClientEmail: "smokeball", ClientPhone: "casehug"}, ByOwner: true, OnDocumentApproved: true, OnMatterCreated: true, OnMatterUpdated: true,
			OnClientUpdated: true, LinkExisting: true, DocumentsFolder: "CaseHug"}},
		domain.SmokeballWebhookReceived{Origin: domain.EventRef{Source: "smokeball/f_oak", ID: "b5f6a1c2-638"}, Type: "error", Source: "API", Resource: sbM, Matter: sbM,
			Request: sampleRequest, Message: "The matter type is not valid.", Own: true, Changed: sampleTime, Uploaded: true, Size: 48213},
		domain.HintsRead{Heard: 3, By: domain.ByWebhook, ReadAt: sampleTime},
		domain.ChangeFound{Resource: sbM, Changed: sampleTime},
		domain.SweepRequested{Reason: domain.SweepRestart, Since: sampleTime},
		sampleSweep,
		domain.SweepPageRead{Listed: 500, Found: 2, Next: domain.SweepPlace{Part: domain.SweepContacts, Since: sampleTime, Offset: 500, After: sbC}},
		domain.SweepEnded{SweepBegun: sampleSweep, Calls: 3, Listed: 702, Found: 2},
		domain.ObjectClaimed{Firm: "f_1"},
		domain.ObjectProved{Firm: "f_1", SHA256: "ab12"},
		domain.LedgerSigned{Position: 1041, Digest: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", Signature: "k3J9-aB_0cDeFgHiJkLmNoPqRs"},
		domain.LedgerBackupStarted{Backup: "bk_5f1c9e7a40b2", Until: sampleTime},
		domain.LedgerRestored{Backup: "bk_5f1c9e7a40b2", Position: 1041, Made: sampleTime},
		domain.EventTakenIn{Origin: sampleRef, Type: domain.TypeMatterCreated, Matter: "m_1001", Client: "c_77", Digest: "9f86d081884c7d659a2feaa0c55ad015"},
		domain.ActivityNoticed{Origin: sampleRef, Kind: domain.File, Resource: "0b7e41d2-file", Matter: sbM, Changed: sampleTime, People: true},
		domain.ActivityRead{Matter: "m_1001", Change: domain.ActivityDone, Activity: domain.Activity{Kind: domain.Task, Matter: sbM,
			Subject: "Call the client", When: "2026-11-24", Done: true, Deleted: true, Document: "d_9", Version: "v3", Announced: true}},
		domain.ClientFollowed{Client: "c_77", From: sbC, To: "1e94b7c8-0001-4000-8000-00000000c001", Name: "Maria Rivera"},
		domain.ClientNotFollowed{Client: "c_77", From: sbC, To: "1e94b7c8-0001-4000-8000-00000000c001", Name: "Someone Else"},
		domain.DocumentRemoved{Document: "d_9", File: "0b7e41d2-file", FileName: "Signed retainer.pdf", By: domain.ByWebhook, ChangedAt: sampleTime},
		domain.DocumentRestored{Document: "d_9", File: "0b7e41d2-file", FileName: "Signed retainer.pdf", By: domain.ByWebhook},
		domain.DeadLettered{Vouched: true, Size: 24, SHA256: sampleDocument.SHA256, Message: "INBOX 17", Subject: "casehug.f_oak.matter.created", Type: domain.TypeMatterCreated, Origin: sampleRef,
			Faults: []domain.FieldFault{{Field: "/title", Reason: "it is missing"}}, Header: domain.Header{"ce-id": "01HGX5R8M2"}, Body: []byte(`{"matter_id":"m_1001"}`), Code: domain.CodeEventNotHandled},
		domain.DeadLetterRetried{By: "u_1", ByName: "Lee Oak", Code: domain.CodeInvalidEvent, Faults: []domain.FieldFault{{Field: "/title", Reason: "it is missing"}}},
		domain.DeadLetterSettled{State: domain.DeadLetterTakenIn, Was: domain.DeadLetterDiscarded, By: "u_1", ByName: "Lee Oak"},
	)
}
