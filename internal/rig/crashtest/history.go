package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"
)

// act is one operation of a client on a ledger: the question, the answer, and when.
type act struct {
	Client  int
	Process string
	Call    int64 // nanoseconds of the machine's monotonic clock
	Return  int64 // 0: the client was killed before the answer
	Kind    kind
	Write   write    // what was appended
	First   *write   // what was appended to another stream before it; nil: nothing
	Stream  string   // what was read
	IDs     []string // of the events in it
	Seen    string   // the event that a tail yielded
	Nth     int      // its place in what the tail has yielded, from 1
	Result  result   // of an append
}

// write is one event that a client appends to a stream.
type write struct {
	Stream string
	After  uint64 // the version on which it builds
	ID     string
}

type kind string

const (
	appends kind = "append"
	reads   kind = "read"
	sees    kind = "see"
)

type result string

const (
	unsure   result = "" // no answer: the event is in the ledger or not
	written  result = "written"
	conflict result = "conflict"
)

// logged is an event of the ledger at the end, when no client works any more.
type logged struct{ stream, id string }

// move is what an operation says of the log that it meets: which event was there, and which was
// not yet.
type move struct {
	says   string
	has    int  // 0: nothing
	lacks  int  // 0: nothing
	writes bool // it brings the event that it lacks, which it has then
}

// met is the length of the log after the move; false: it cannot have met a log of that length.
func (m move) met(length int) (int, bool) {
	if m.writes {
		return m.has, length == m.has-1
	}
	return length, length >= m.has && (m.lacks == 0 || length < m.lacks)
}

// model is a ledger that does one operation after the other. Its only state is how many events
// the log has: which they are is known from its end.
var model = porcupine.Model{
	Init: func() any { return 0 },
	Step: func(state, input, _ any) (bool, any) {
		next, ok := input.(move).met(state.(int))
		return ok, next
	},
	DescribeOperation: func(input, _ any) string { return input.(move).says },
	DescribeState:     func(state any) string { return fmt.Sprintf("%d events", state) },
}

// history is what all clients of a ledger did, against what the ledger has at its end.
type history struct {
	at         map[string]int   // the place of an event in the log, from 1
	of         map[string][]int // the places of a stream's events
	log        []logged
	called     map[string]int64 // when an event's append was called; of those in the log
	operations []porcupine.Operation
	faults     []string
	place      circumstances
	acked      []ack
	unwritten  []unwritten
	stale      int // reads that lagged
	baseless   int // conflicts with nothing
}

// ack is when the log is known to have had a length.
type ack struct {
	at     int64
	length int
}

// unwritten is an append without an answer whose event is not in the log.
type unwritten struct {
	stream string
	called int64
}

// circumstances are what the ledger's contract makes exceptions for.
type circumstances struct {
	cluster bool // a tail may be ahead of the leader: what it yielded, only reads of its own process must have
	changes bool // the leader may have changed: reads may lag, and appends may conflict with nothing. Both are counted; nothing can be built on such a read, because an append states the version
}

// judge makes a history of acts. What no order can explain is among its faults already.
func judge(acts []act, log []logged, c circumstances) *history {
	h := &history{place: c, at: map[string]int{}, of: map[string][]int{}, log: log, called: map[string]int64{}}
	for i, e := range log {
		if h.at[e.id] != 0 {
			h.fault("%s is in the ledger twice", e.id)
		}
		h.at[e.id] = i + 1
		h.of[e.stream] = append(h.of[e.stream], i+1)
	}
	h.note(acts)
	if c.cluster && !c.changes {
		h.compareWithTails(acts)
	}
	for _, a := range acts {
		switch a.Kind {
		case appends:
			h.append(a)
		case reads:
			h.read(a)
		case sees:
			if a.Return != 0 {
				h.see(a)
			}
		}
	}
	return h
}

// note keeps when events were asked for, and when they were acknowledged.
func (h *history) note(acts []act) {
	for _, a := range acts {
		for _, w := range a.writes() {
			h.called[w.ID] = a.Call
			if a.Result == unsure && h.at[w.ID] == 0 {
				h.unwritten = append(h.unwritten, unwritten{w.Stream, a.Call})
			}
			if a.Result == written {
				h.acked = append(h.acked, ack{a.Return, h.at[w.ID]})
			}
		}
	}
	slices.SortFunc(h.acked, func(a, b ack) int { return cmp.Compare(a.at, b.at) })
	for i := 1; i < len(h.acked); i++ {
		h.acked[i].length = max(h.acked[i].length, h.acked[i-1].length)
	}
}

// lengthAt is the least length that the log had at a time, as appends were acknowledged.
func (h *history) lengthAt(t int64) int {
	n, _ := slices.BinarySearchFunc(h.acked, t, func(a ack, t int64) int { return cmp.Compare(a.at, t) })
	if n == 0 {
		return 0
	}
	return h.acked[n-1].length
}

func (h *history) fault(format string, args ...any) {
	h.faults = append(h.faults, fmt.Sprintf(format, args...))
}

// versions is how many events a stream has in a log of that length.
func (h *history) versions(stream string, length int) uint64 {
	n, _ := slices.BinarySearch(h.of[stream], length+1)
	return uint64(n)
}

func (h *history) add(a act, m move) {
	h.operations = append(h.operations, porcupine.Operation{ClientId: a.Client, Input: m, Call: a.Call, Return: a.Return})
}

// append adds an append. A conflict writes nothing; it has to have a reason. An append without an
// answer took place at any time after its call, or never.
func (h *history) append(a act) {
	if a.First != nil {
		before := a
		if a.Result == conflict {
			before.Result = unsure // the contract leaves open whether it was written
		}
		h.write(before, *a.First)
	}
	if a.Result != conflict {
		h.write(a, a.Write)
		return
	}
	if h.at[a.Write.ID] != 0 {
		h.fault("%s was refused with a conflict and is in the ledger", a.Write.ID)
	}
	switch {
	case slices.ContainsFunc(a.writes(), func(w write) bool { return h.onItsWay(w, a.Return) }):
	case h.place.changes:
		h.baseless++
	default:
		h.fault("%s was refused with a conflict, and nothing was in its place", a.Write.ID)
	}
}

// writes are what an append was to write.
func (a act) writes() []write {
	switch {
	case a.Kind != appends:
		return nil
	case a.First != nil:
		return []write{*a.First, a.Write}
	}
	return []write{a.Write}
}

// onItsWay reports whether another event in the place of w was appended or being appended at that
// time. A cluster's leader refuses what conflicts with an event that no read shows yet, and which
// may be lost with that leader.
func (h *history) onItsWay(w write, by int64) bool {
	if places := h.of[w.Stream]; w.After < uint64(len(places)) {
		id := h.log[places[w.After]-1].id
		return id != w.ID && h.called[id] < by
	}
	return slices.ContainsFunc(h.unwritten, func(u unwritten) bool { return u.stream == w.Stream && u.called < by })
}

func (h *history) write(a act, w write) {
	place := h.at[w.ID]
	if place == 0 {
		if a.Result == written {
			h.fault("%s was acknowledged and is not in the ledger", w.ID)
		}
		return
	}
	if before := h.versions(w.Stream, place-1); before != w.After {
		h.fault("%s was appended after version %d and is in the ledger after version %d", w.ID, w.After, before)
	}
	if a.Result == unsure {
		a.Return = math.MaxInt64
	}
	h.add(a, move{says: fmt.Sprintf("%s is event %d", w.ID, place), has: place, lacks: place, writes: true})
}

// read adds a read of a stream: what it had was the stream as it was at one moment of the read.
func (h *history) read(a act) {
	if a.Return == 0 {
		return
	}
	for i, id := range a.IDs {
		if i >= len(h.of[a.Stream]) || h.log[h.of[a.Stream][i]-1].id != id {
			h.fault("a read of %s had %s at version %d, which the ledger has not", a.Stream, id, i+1)
			return
		}
	}
	if h.place.changes && h.versions(a.Stream, h.lengthAt(a.Call)) > uint64(len(a.IDs)) {
		h.stale++
		return
	}
	m := move{says: fmt.Sprintf("%s has %d events", a.Stream, len(a.IDs))}
	places := h.of[a.Stream]
	if n := len(a.IDs); n > 0 {
		m.has = places[n-1]
	}
	if n := len(a.IDs); n < len(places) {
		m.lacks = places[n]
	}
	h.add(a, m)
}

// see adds an event that a tail yielded: the log has it by then, and the tail left nothing out.
func (h *history) see(a act) {
	if h.at[a.Seen] != a.Nth {
		h.fault("a tail yielded %s as event %d; the ledger has it as %d", a.Seen, a.Nth, h.at[a.Seen])
		return
	}
	if h.called[a.Seen] > a.Return {
		h.fault("a tail yielded %s before it was asked for", a.Seen)
	}
	if !h.place.cluster {
		h.add(a, move{says: "a tail yields " + a.Seen, has: a.Nth})
	}
}

// compareWithTails finds reads that miss what a tail of the same process had yielded before.
func (h *history) compareWithTails(acts []act) {
	for _, tail := range acts {
		if tail.Kind != sees || tail.Return == 0 {
			continue
		}
		for _, r := range acts {
			if r.Kind == reads && r.Return != 0 && r.Process == tail.Process && r.Call > tail.Return && h.misses(r, tail.Seen) {
				h.fault("a read of %s misses %s, which a tail of its process had yielded", r.Stream, tail.Seen)
			}
		}
	}
}

// misses reports whether a read of the event's stream is shorter than the stream up to the event.
func (h *history) misses(r act, id string) bool {
	at := h.at[id]
	return at > 0 && h.log[at-1].stream == r.Stream && uint64(len(r.IDs)) < h.versions(r.Stream, at)
}

// judgeWithin is how long the search for an order may take.
const judgeWithin = time.Minute

// linearizable returns the faults of a history; one is that no order of its operations explains
// all answers. It draws that history into the file picture.
func (h *history) linearizable(picture string) []string {
	if len(h.faults) > 0 {
		return h.faults
	}
	switch result, info := porcupine.CheckOperationsVerbose(model, h.operations, judgeWithin); result {
	case porcupine.Ok:
		return nil
	case porcupine.Unknown:
		return []string{fmt.Sprintf("no order of %d operations was found within %s, and none was ruled out", len(h.operations), judgeWithin)}
	default:
		if err := porcupine.VisualizePath(model, info, picture); err != nil {
			return []string{fmt.Sprintf("%d operations have no order that explains all answers; draw them: %v", len(h.operations), err)}
		}
		return []string{fmt.Sprintf("%d operations have no order that explains all answers: %s (%s)", len(h.operations), h.contradiction(), picture)}
	}
}

// contradiction names two operations of which one was over when the other one began, and which are
// in the wrong order all the same.
func (h *history) contradiction() string {
	for _, later := range h.operations {
		for _, earlier := range h.operations {
			lacks, has := later.Input.(move), earlier.Input.(move)
			if lacks.lacks != 0 && lacks.lacks <= has.has && earlier.Return < later.Call {
				return fmt.Sprintf("event %d was there when client %d was answered: %s; event %d was not there when client %d asked, %.3f ms later: %s",
					has.has, earlier.ClientId, has.says, lacks.lacks, later.ClientId, float64(later.Call-earlier.Return)/1e6, lacks.says)
			}
		}
	}
	return "no two of them alone contradict each other"
}
