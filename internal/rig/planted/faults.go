package main

import "slices"

// faults are those that are planted, layer by layer.
func faults() []fault {
	return slices.Concat(ofTheDomain(), ofTheLedger(), ofTheApplication(), ofTheViews(), ofTheAdapters())
}

func ofTheDomain() []fault {
	return []fault{
		{name: "wait-unseen", says: "a sync waits although CaseHug has told of what it waits for meanwhile",
			file: "domain/matter_verdict.go", right: "e.Until.IsZero() && differs(m, seen)", wrong: "e.Until.IsZero() && false",
			finder: tests("domain", "TestWalk", ""), found: `never comes to its end`},
		{name: "older-version", says: "a version that comes late overwrites a newer one",
			file: "domain/matter_intake.go", right: "case !m.Known || e.Matter.Version > m.Data.Version:", wrong: "case !m.Known || e.Matter.Version != m.Data.Version:",
			finder: tests("internal/syncing", "TestBadLuck", "-seeds=8"), found: `FAIL: TestBadLuck/seed`},
		{name: "echo-hides-people", says: "what people change back to what CaseHug once sent counts as the engine's own echo",
			file: "domain/matter_seen.go", right: "waits := m.Smokeball.unseen(f.name) && is == f.text(sent)", wrong: "waits := is == f.text(sent)",
			finder: tests("internal/syncing", "TestAClosedMatterIsToldWithinTwoSeconds", ""), found: `FAIL: TestAClosedMatter`},
		{name: "endless-settling", says: "the setting writes a value again and again over what another program sets",
			file: "domain/settle.go", right: "return len(s.Over) < mostSettled && !slices.ContainsFunc(s.Over, func(old string) bool { return exactly(old, d.Smokeball) })",
			wrong:  "return len(s.Over) >= 0 || slices.Contains(s.Over, d.Smokeball)",
			finder: tests("domain", "TestTheSettingNeverWritesWithoutEnd", "-rapid.shrinktime=1s -rapid.nofailfile"), found: `is written over`, quick: true},
		{name: "one-address-one-person", says: "an e-mail address alone tells who somebody is",
			file: "domain/identity.go", right: "return c.fitsOwners(k) && (k.Name().Fits(c.Name) || c.carries(k))", wrong: "return true",
			finder: tests("internal/syncing", "TestNobodyIsMistakenForAnother", "-rapid.shrinktime=1s -rapid.nofailfile"), found: `FAIL: TestNobodyIsMistakenForAnother`},
		{name: "overtaken-read", says: "what a read showed is recorded although more was recorded of the matter since the read began",
			file: "domain/matter_seen.go", right: "case l.There.Moves != moves:", wrong: "case l.There.Moves < moves:",
			finder: tests("domain", "TestAReadThatIsTooOld", ""), found: `FAIL: TestAReadThatIsTooOld`, quick: true},
	}
}

func ofTheLedger() []fault {
	return []fault{
		{name: "bolt-conflict", says: "the ledger of one machine takes an append whose stream has moved on",
			file: "eventstore/bbolt_append.go", right: "if stored != a.last {", wrong: "if stored != a.last && len(parts) == 0 {",
			finder: campaign("histories", 2), found: `FAULT`},
		{name: "bolt-unsynced", says: "the ledger of one machine does not wait for the disk",
			file: "eventstore/bbolt.go", right: "ReadOnly: readOnly,", wrong: "ReadOnly: readOnly, NoSync: true,",
			finder: campaign("power", 3), found: `FAULT`},
		{name: "stale-read", says: "a read of a cluster's ledger does not wait for what a tail of its process yielded",
			file: "eventstore/jetstream_read.go", right: "if err != nil || at >= least {", wrong: "if err != nil || at >= least*0 {",
			finder: tests("eventstore", "TestAReadThatStaysBehindSaysSo", ""), found: `FAIL: TestAReadThat`},
		{name: "chain-unchecked", says: "a read does not check the chain of hashes",
			file: "eventstore/record.go", right: "case r.hash != Chain(prev.Hash, r.version, r.at, r.name, r.data):", wrong: "case r.hash != Chain(prev.Hash, r.version, r.at, r.name, r.data) && r.version == 0:",
			finder: tests("eventstore", "TestARewrittenRecordBreaksTheChain", ""), found: `want one event, then ErrDamaged`},
	}
}

func ofTheApplication() []fault {
	return []fault{
		{name: "no-visibility-wait", says: "a search for what a lost answer made gives up after the first look",
			file: "internal/syncing/intent.go", right: "case err == nil && !s.attempt.now().Before(until):", wrong: "case err == nil && !s.attempt.now().Before(until.Add(-s.attempt.waits.Visible)):",
			finder: tests("internal/syncing", "TestBadLuck", "-seeds=20"), found: `FAIL: TestBadLuck/seed`},
		{name: "lost-answer-refused", says: "a call whose answer was lost counts as one that created nothing",
			file: "internal/syncing/intent.go", right: "if ce == nil || ce.Unsettled {", wrong: "if ce == nil {",
			finder: tests("internal/syncing", "TestBadLuck", "-seeds=8"), found: `FAIL: TestBadLuck/seed`},
		{name: "outbox-checkpoint-first", says: "the outbox passes an event before CaseHug is told of it",
			file: "internal/syncing/outbox.go", right: "err := o.publish(ctx, env)\n", wrong: "err := o.Checkpoint.Save(ctx, uint64(env.Seq))\n\tif err == nil {\n\t\terr = o.publish(ctx, env)\n\t}\n",
			finder: tests("internal/syncing", "TestEverythingIsToldOnceUnderOneID|TestWhatCantBeToldStopsTheOutbox", ""), found: `FAIL: Test(Everything|WhatCant)`},
		{name: "whole-burst", says: "a new engine takes the whole burst of Smokeball's allowance, which the dead one may have used",
			file: "adapters/smokeball/limiter.go", right: "max(1, burst-reservedCalls)", wrong: "max(1, burst+reservedCalls)",
			finder: tests("internal/syncing", "TestABulkSyncThatIsKilledTwice", ""), found: `answers 429`},
		{name: "erased-not-overwritten", says: "an erased message is removed from the bus and not overwritten on the disk",
			file: "adapters/bus/erase.go", right: "s.SecureDeleteMsg(ctx, seq)", wrong: "s.DeleteMsg(ctx, seq)",
			finder: tests("internal/cli", "TestAnErasedMatterIsNowhereInTheDataFolder", ""), found: `still (has|holds|contains)|FAIL: TestAnErased`},
		{name: "key-not-overwritten", says: "an erased data key stays on the disk",
			file: "internal/sealing/file.go", right: "if err := f.write(bytes, s.place); err != nil {\n\t\treturn err\n\t}\n\treturn f.clear(s.former)", wrong: "_ = bytes\n\treturn f.clear(s.former)",
			finder: tests("internal/cli", "TestAnErasedMatterIsNowhereInTheDataFolder|TestAnErasureOutlivesKills", ""), found: `FAIL: TestAnErasedMatter|FAIL: TestAnErasure`},
		{name: "sweep-without-overlap", says: "a sweep begins some time after the last one, not before it",
			file: "domain/sweep_due.go", right: "s.Last.Add(-SweepOverlap)", wrong: "s.Last.Add(SweepOverlap)",
			finder: tests("internal/syncing", "TestLostWebhooksAreFoundAndCounted", ""), found: `changes were missed`},
		{name: "sweep-skips", says: "a sweep goes on a second after the last change of a page, and passes over what else changed in that second",
			file: "internal/readback/sweep.go", right: "place.Since, place.Offset = last, 0", wrong: "place.Since, place.Offset = last.Add(time.Second), 0",
			finder: tests("internal/readback", "TestASweepPassesOverNothing", "-rapid.shrinktime=1s -rapid.nofailfile"), found: `was passed over`, quick: true},
		{name: "erasure-keeps-documents", says: "an erasure leaves the documents that the matter approved in the object store",
			file: "internal/erasure/runner.go", right: "\tfor object := range theirs {\n\t\tif others[object] {", wrong: "\tfor object := range theirs {\n\t\tif others[object] || object != \"\" {",
			finder: tests("internal/erasure", "TestADocumentThatAnotherMatterApprovedStays", ""), found: `destroyed are \[\]`, quick: true},
	}
}

func ofTheViews() []fault {
	return []fault{
		{name: "late-checkpoint", says: "a view's checkpoint is written one event late, so that this event is folded twice after a kill",
			file: "projections/writes.go", right: "uint64(w.at)))", wrong: "uint64(w.at-1)))",
			finder: tests("projections", "TestBatches", "-rapid.shrinktime=1s -rapid.nofailfile"), found: `FAIL: TestBatches`, quick: true},
		{name: "dead-letter-counted-on", says: "a dead letter that is settled still counts as open",
			file: "projections/deadletters.go", right: "DeadLetterSettled:\n\t\t*c.of(e.Was)--", wrong: "DeadLetterSettled:\n\t\t_ = c.of(e.Was)",
			finder: tests("projections", "TestDeadLetterCountsAreWhatTheListsSay", "-rapid.shrinktime=1s -rapid.nofailfile"), found: `its lists have`, quick: true},
	}
}

func ofTheAdapters() []fault {
	return []fault{
		{name: "nak-acknowledges", says: "a message that could not be taken in is acknowledged",
			file: "adapters/bus/subscription.go", right: "if err := h.msg.NakWithDelay(delay); err != nil {", wrong: "if err := h.msg.Ack(); err != nil {",
			finder: campaign("full", 4), found: `FAULT`},
		{name: "flush-believed", says: "an event is acknowledged although the disk that flushed it may have lost it",
			file: "adapters/bus/gate_firms.go", right: "if err := g.kept(); err != nil {", wrong: "if err := error(nil); err != nil {",
			finder: tests("adapters/bus", "TestNothingIsAcknowledgedThatTheDiskMayHaveLost", ""), found: `the disk has stopped`},
		{name: "pause-ignored", says: "calls go on after Smokeball has refused one with 429",
			file: "adapters/smokeball/limiter.go", right: "if left := l.slow.left(now); left > 0 {\n\t\treturn left", wrong: "if left := l.slow.left(now); left > time.Hour {\n\t\treturn left",
			finder: tests("adapters/smokeball", "TestLimiterHoldsAllFirmsDuringAPause", ""), found: `nothing was learned`},
		{name: "lost-lease-sends", says: "a call is sent although the engine has lost its lease while the call's intent was recorded",
			file: "adapters/smokeball/beforesend.go", right: "d.intend = nil // it stands; a repetition needs no other\n\t\tif err := l.permitted(ctx); err != nil {", wrong: "d.intend = nil\n\t\tif err := l.permitted(ctx); err != nil && l.permit == nil {",
			finder: tests("adapters/smokeball", "TestAPermitThatEndsWhileTheIntentIsRecorded", ""), found: `and 1 calls were sent`, quick: true},
		{name: "ended-token", says: "a call is sent with an access token that has ended while the call waited",
			file: "adapters/smokeball/beforesend.go", right: "case h.Access == d.refused || !h.alive(now):", wrong: "case h.Access == d.refused:",
			finder: tests("adapters/smokeball", "TestNoCallIsSentWithATokenThatHasEnded", ""), found: `after its token has ended`, quick: true},
		{name: "bulk-first", says: "the calls of a bulk sync go before those of live work",
			file: "adapters/smokeball/queue.go", right: "if p == Bulk {\n\t\treturn 8", wrong: "if p == Bulk {\n\t\treturn 0",
			finder: tests("adapters/smokeball", "TestLimiterPrefersClicksAndStarvesNone", ""), found: `FAIL: TestLimiterPrefers`, quick: true},
		{name: "webhook-any-key", says: "a webhook is believed whatever its signature",
			file: "adapters/smokeball/webhook.go", right: "if !hmac.Equal([]byte(signature), []byte(sign(key, timestamp, request, clientID))) {", wrong: "if !hmac.Equal([]byte(signature), []byte(signature)) {",
			finder: tests("internal/connect", "TestTheBridge", ""), found: `FAIL: TestTheBridge`},
		{name: "objects-without-firm", says: "the objects of two firms' tenants have one name",
			file: "adapters/bus/object_entry.go", right: "return \"~\" + firm + \"/\" + name", wrong: "return \"~\" + firm[:1] + \"/\" + name",
			finder: tests("adapters/bus", "TestFirmsWithTheSameIDsNeverMeetOnTheBus", "-rapid.shrinktime=1s -rapid.nofailfile"), found: `FAIL: TestFirms`},
		{name: "firm-of-the-path", says: "the API reads under the firm of the address, whoever asks",
			file: "adapters/web/auth/guard.go", right: "if firm != \"\" && !c.User.Serves(domain.FirmID(firm)) {", wrong: "if firm != \"\" && !domain.ValidID(firm) {",
			finder: tests("adapters/web", "TestFirmsWithTheSameIDsNeverMeet", "-rapid.shrinktime=1s -rapid.nofailfile"), found: `want 404|of the other`},
	}
}
