package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// wrote is an append that was acknowledged.
func wrote(client int, call, end int64, stream string, after uint64, id string) act {
	return act{Client: client, Call: call, Return: end, Kind: appends, Write: write{stream, after, id}, Result: written}
}

func answered(a act, r result) act {
	a.Result = r
	return a
}

func found(client int, call, end int64, stream string, ids ...string) act {
	return act{Client: client, Call: call, Return: end, Kind: reads, Stream: stream, IDs: ids}
}

// TestHistoriesThatALedgerCanHave are explained by an order, and those that it cannot have are not.
func TestHistoriesThatALedgerCanHave(t *testing.T) {
	log := []logged{{"a", "a1"}, {"b", "b1"}, {"a", "a2"}}
	first, second := wrote(1, 10, 20, "a", 0, "a1"), wrote(2, 12, 30, "b", 0, "b1")
	third := wrote(1, 40, 50, "a", 1, "a2")
	all := []act{first, second, third}
	for _, c := range []struct {
		name  string
		acts  []act
		log   []logged
		fault string // in the verdict; "": none
	}{
		{"one after the other", all, log, ""},
		{"a read between two appends", append(all, found(3, 31, 39, "a", "a1")), log, ""},
		{"a read that began before an append ended", append(all, found(3, 41, 60, "a", "a1")), log, ""},
		{"a read that missed an acknowledged event", append(all, found(3, 51, 60, "a", "a1")), log, "event 3 was not there when client 3 asked, 0.000 ms later"},
		{"a read of what was not asked for yet", append(all, found(3, 31, 39, "a", "a1", "a2")), log, "no order"},
		{"two reads that went back in time", []act{first, second, answered(third, unsure), found(3, 60, 70, "a", "a1", "a2"), found(3, 71, 80, "a", "a1")}, log, "no order"},
		{"an answer that was lost, of an event that is there", []act{first, second, answered(third, unsure), found(3, 60, 70, "a", "a1")}, log, ""},
		{"an answer that was lost, of an event that is not there", append(all, answered(wrote(3, 5, 0, "a", 0, "x"), unsure)), log, ""},
		{"an acknowledged event that is lost", append(all, wrote(3, 60, 70, "a", 2, "a3")), log, "acknowledged and is not"},
		{"an event that is there twice", all, append(log, logged{"a", "a2"}), "twice"},
		{"an order that time forbids", []act{first, wrote(2, 60, 70, "b", 0, "b1"), third}, log, "no order"},
		{"a conflict with a newer event", append(all, answered(wrote(3, 15, 30, "a", 0, "x"), conflict)), log, ""},
		{"a conflict with an event that nobody has seen yet", append(all, answered(wrote(3, 41, 45, "a", 1, "x"), conflict)), log, ""},
		{"a conflict with an event that was not asked for yet", append(all, answered(wrote(3, 31, 39, "a", 1, "x"), conflict)), log, "nothing was in its place"},
		{"a conflict with nothing", append(all, answered(wrote(3, 51, 60, "a", 2, "x"), conflict)), log, "nothing was in its place"},
		{"a conflict that was written all the same", []act{first, second, answered(third, conflict)}, log, "conflict and is in"},
		{"an event that does not build on the newest one", []act{first, second, wrote(1, 40, 50, "a", 0, "a2")}, log, "after version 0 and is in the ledger after version 1"},
		{"a conflict with an event that was lost on its way", append(all, answered(wrote(2, 51, 0, "a", 2, "y"), unsure), answered(wrote(3, 52, 60, "a", 2, "x"), conflict)), log, ""},
		{"a tail in the order of the log", append(all, act{Client: 4, Call: 51, Return: 52, Kind: sees, Seen: "a2", Nth: 3}), log, ""},
		{"a tail that saw an event before it was asked for", append(all, act{Client: 4, Call: 31, Return: 32, Kind: sees, Seen: "a2", Nth: 3}), log, "before it was asked for"},
		{"a read that misses what a tail yielded", []act{first, second, answered(third, unsure), {Client: 4, Call: 51, Return: 52, Kind: sees, Seen: "a2", Nth: 3}, found(3, 53, 60, "a", "a1")}, log, "no order"},
		{"a tail that left an event out", append(all, act{Client: 4, Call: 51, Return: 52, Kind: sees, Seen: "a2", Nth: 2}), log, "as event 2"},
		{"a claim and what it is for", []act{{Client: 1, Call: 10, Return: 20, Kind: appends, Write: write{"b", 0, "b1"}, First: &write{"a", 0, "a1"}, Result: written}, third}, log, ""},
		{"a claim without what it is for", []act{{Client: 1, Call: 10, Return: 20, Kind: appends, Write: write{"b", 0, "b1"}, First: &write{"a", 0, "a0"}, Result: written}, first, third}, log, "a0 was acknowledged"},
	} {
		got := strings.Join(judge(c.acts, c.log, circumstances{}).linearizable(filepath.Join(t.TempDir(), "history.html")), "; ")
		if (c.fault == "") != (got == "") || !strings.Contains(got, c.fault) {
			t.Errorf("%s: %q; want %q", c.name, got, c.fault)
		}
	}
}

// TestATailThatIsAheadOfTheLeader binds the reads of its own process only.
func TestATailThatIsAheadOfTheLeader(t *testing.T) {
	log := []logged{{"a", "a1"}}
	acts := func(reader string) []act {
		read := found(3, 53, 60, "a")
		read.Process = reader
		return []act{answered(wrote(1, 10, 0, "a", 0, "a1"), unsure), {Client: 4, Process: "p1", Call: 51, Return: 52, Kind: sees, Seen: "a1", Nth: 1}, read}
	}
	for reader, want := range map[string]int{"p1": 1, "p2": 0} {
		if got := judge(acts(reader), log, circumstances{cluster: true}).linearizable(filepath.Join(t.TempDir(), "history.html")); len(got) != want {
			t.Errorf("read in %s: %q", reader, got)
		}
	}
}

// TestStaleReads of a server that stood still are counted; the rest must have an order all the same.
func TestStaleReads(t *testing.T) {
	log := []logged{{"a", "a1"}, {"b", "b1"}, {"a", "a2"}}
	acts := []act{wrote(1, 10, 20, "a", 0, "a1"), wrote(2, 12, 30, "b", 0, "b1"), wrote(1, 40, 50, "a", 1, "a2"), found(3, 51, 60, "a", "a1"), found(3, 51, 60, "b", "b1")}
	h := judge(acts, log, circumstances{cluster: true, changes: true})
	if faults := h.linearizable(filepath.Join(t.TempDir(), "history.html")); len(faults) > 0 || h.stale != 1 {
		t.Errorf("%q, and %d reads were stale; want none and 1", faults, h.stale)
	}
	h = judge(append(acts, found(3, 31, 39, "a", "a1", "a2")), log, circumstances{cluster: true, changes: true})
	if faults := h.linearizable(filepath.Join(t.TempDir(), "history.html")); len(faults) != 1 {
		t.Errorf("a read of what was not asked for yet is no fault where a server stood still: %q", faults)
	}
}
