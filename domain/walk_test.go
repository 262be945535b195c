package domain_test

import (
	"flag"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

var longWalk = flag.Bool("walk", false, "walk the long bounds, too: minutes, and a gigabyte of memory")

// bounds are what may go wrong on a walk, and how often.
type bounds struct {
	twice   int8 // messages delivered once more
	crashes int8
	lost    int8 // calls or answers that are lost
	moves   int8 // the lease passes to the other engine
	outages int8 // the firm's connection is lost, and restored by a person
	wrong   bool // the case type has no matter type until a mapping, or the next version, gives one

	changes  int8 // people change the matter in Smokeball, and a webhook tells of it, late
	repeats  int8 // such webhooks come once more
	deaf     int8 // such webhooks are lost
	leaves   int8 // the firm moves to its other Smokeball account, or back
	erasures int8 // the matter is erased
}

func (b bounds) String() string {
	var list []string
	for _, m := range []struct {
		name string
		n    int8
	}{{"messages twice", b.twice}, {"kills", b.crashes}, {"lost", b.lost}, {"hand-overs", b.moves}, {"connections lost", b.outages}, {"accounts left", b.leaves},
		{"changes", b.changes}, {"webhooks twice", b.repeats}, {"webhooks lost", b.deaf}, {"erasures", b.erasures}} {
		if m.n > 0 {
			list = append(list, fmt.Sprint(m.name, " ", m.n))
		}
	}
	if b.wrong {
		list = append(list, "unmapped")
	}
	return strings.Join(list, ", ")
}

// TestWalk walks through every state that one matter, its client and its document can get
// into, with two engines, and every order of what may happen: nothing is doubled, nothing is
// said that is not so, and from every state all that was asked for still comes to its end.
func TestWalk(t *testing.T) {
	short := []bounds{
		{twice: 1}, {crashes: 1}, {lost: 1}, {moves: 1}, {outages: 1}, {wrong: true}, {crashes: 1, lost: 1},
		{changes: 1, repeats: 1, deaf: 1}, {leaves: 1}, {erasures: 1, twice: 1},
	}
	long := []bounds{
		{crashes: 2}, {lost: 2}, {moves: 2}, {outages: 2, crashes: 1}, {wrong: true, crashes: 1}, {wrong: true, outages: 1, twice: 1}, {crashes: 1, moves: 1},
		{twice: 1, crashes: 1, lost: 1}, {crashes: 2, lost: 1}, {crashes: 1, lost: 1, moves: 1}, {crashes: 2, moves: 1},
		{changes: 2, repeats: 1}, {changes: 2, deaf: 1}, {changes: 1, crashes: 1}, {changes: 1, lost: 1, deaf: 1}, {changes: 1, moves: 1},
		{leaves: 2}, {leaves: 1, crashes: 1}, {leaves: 1, lost: 1}, {leaves: 1, outages: 1}, {leaves: 1, moves: 1},
		{erasures: 1, crashes: 1}, {erasures: 1, lost: 1}, {erasures: 1, outages: 1}, {erasures: 1, leaves: 1}, {erasures: 1, moves: 1},
	}
	all := short
	if *longWalk {
		all = append(all, long...)
	}
	for _, b := range all {
		t.Run(b.String(), func(t *testing.T) {
			w := newWalk(b)
			if fault := w.run(); fault != "" {
				t.Error(fault)
			}
			t.Logf("%d states, %d steps between them, %d of them ends", len(w.states), w.steps, w.ends)
		})
	}
}

// TestTheWalkFindsFaults takes one safeguard out at a time: the walk has to find what it is
// for. The last one is what docs/architecture.md names as not covered.
func TestTheWalkFindsFaults(t *testing.T) {
	for _, c := range []struct {
		name  string
		b     bounds
		spoil func(*walk)
		found string
	}{
		{"a wait is recorded without another look at the matter", bounds{}, func(w *walk) {
			w.defers = func(m, _ domain.Matter, t domain.Attempt, e domain.SyncDeferred) ([]domain.Event, error) {
				return m.Record(t, e)
			}
		}, "never comes to its end"},
		{"an engine that no longer leads sends a call whose intent it has recorded", bounds{moves: 1}, func(w *walk) { w.anyonesCalls = true }, "twice"},
		{"a call that was kept back leaves its intent, and nobody looks for it", bounds{moves: 1}, func(w *walk) { w.keepsIntents, w.neverOver = true, true }, "never comes to its end"},
		{"a read is recorded although the matter was read again since it began", bounds{changes: 2}, func(w *walk) { w.seesAnyway = true }, "not so"},
		{"a read answers webhooks that came while it was made", bounds{changes: 2}, func(w *walk) { w.answersAll = true }, "not so"},
		{"nobody looks for changes whose webhook is lost", bounds{changes: 1, deaf: 1}, func(w *walk) { w.noSweep = true }, "never comes to its end"},
		{"an attempt goes on although the firm has moved to another account", bounds{leaves: 1}, func(w *walk) { w.relies = true }, "names an account"},
		{"a contact is asked for although the sync has ended", bounds{erasures: 1}, func(w *walk) { w.intendsAnyway = true }, "an erased matter is synced"},
		{"a step of an erasure is recorded before it is done", bounds{erasures: 1, crashes: 1}, func(w *walk) { w.recordsFirst = true }, "go on"},
		{"nobody looks after an erasure that is done", bounds{erasures: 1}, func(w *walk) { w.looksAway = true }, "never comes to its end"},
		{"a call takes effect after the wait for it is over", bounds{crashes: 1}, func(w *walk) { w.beyond = true }, "twice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWalk(c.b)
			c.spoil(w)
			fault := w.run()
			if !strings.Contains(fault, c.found) {
				t.Errorf("after %d states the walk found %q, want %q", len(w.states), fault, c.found)
			}
			t.Logf("found after %d states:\n%s", len(w.states), fault)
		})
	}
}

// walk goes breadth first through the states of a world.
type walk struct {
	bounds
	matters  pool[domain.Matter]
	contacts pool[domain.Contact]
	heard    map[news]int32 // what the matter becomes by a message or a webhook
	hooks    pool[domain.Webhooks]
	hints    pool[domain.Hints]
	erasings pool[domain.Erasure]
	packs    packs
	states   map[packed]int32
	list     []packed
	from     []int32    // the state that led to each
	by       []int32    // what led there
	back     [][2]int32 // steps without a mishap: to, from
	steps    int
	ends     int

	// safeguards that tests take out
	defers       func(m, seen domain.Matter, t domain.Attempt, e domain.SyncDeferred) ([]domain.Event, error)
	anyonesCalls bool // calls are sent without the lease
	keepsIntents bool // of calls that were not sent
	neverOver    bool // the wait for what may still show up
	beyond       bool // the wait is over although the call may still take effect

	seesAnyway    bool // a read is recorded although more was recorded since it began
	answersAll    bool // a read answers webhooks that came after it had begun
	noSweep       bool // nobody looks for changes of which no webhook told
	relies        bool // on a connection that may be no more, when an intent or a link is recorded
	intendsAnyway bool // a contact although the attempt is over
	recordsFirst  bool // a step of the erasure, and does it then
	looksAway     bool // from what comes about an erased matter later
}

func newWalk(b bounds) *walk {
	return &walk{bounds: b, states: map[packed]int32{}, heard: map[news]int32{}, matters: newPool[domain.Matter](), contacts: newPool[domain.Contact](),
		hooks: newPool[domain.Webhooks](), hints: newPool[domain.Hints](), erasings: newPool[domain.Erasure](),
		defers: func(m, seen domain.Matter, t domain.Attempt, e domain.SyncDeferred) ([]domain.Event, error) {
			return m.Defer(t, seen, e)
		}}
}

// run walks until all states are known, and returns the first fault that it meets with the
// way to it, or "".
func (w *walk) run() string {
	w.reach(w.first(), -1, "the beginning", true)
	for i := int32(0); int(i) < len(w.list); i++ {
		s := w.packs.unpack(w.list[i])
		if fault := w.fault(s); fault != "" {
			return fault + w.way(i)
		}
		w.next(s, func(to world, by string, mishap bool) { w.reach(to, i, by, !mishap) })
	}
	return w.stuck()
}

func (w *walk) reach(to world, from int32, by string, usual bool) {
	w.steps++
	p := w.packs.pack(to)
	id, known := w.states[p]
	if !known {
		id = int32(len(w.list))
		w.states[p] = id
		w.list, w.from, w.by = append(w.list, p), append(w.from, from), append(w.by, w.packs.words.id(by))
	}
	if usual && from >= 0 && id != from {
		w.back = append(w.back, [2]int32{id, from})
	}
}

// stuck finds the first state from which no way without another mishap leads to the end.
func (w *walk) stuck() string {
	slices.SortFunc(w.back, func(a, b [2]int32) int { return int(a[0]) - int(b[0]) })
	good := make([]bool, len(w.list))
	var todo []int32
	for i, s := range w.list {
		if w.ended(w.packs.unpack(s)) {
			good[i] = true
			todo = append(todo, int32(i))
		}
	}
	w.ends = len(todo)
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		k, _ := slices.BinarySearchFunc(w.back, at, func(e [2]int32, t int32) int { return int(e[0]) - int(t) })
		for ; k < len(w.back) && w.back[k][0] == at; k++ {
			if f := w.back[k][1]; !good[f] {
				good[f] = true
				todo = append(todo, f)
			}
		}
	}
	if i := slices.Index(good, false); i >= 0 {
		return "what is asked for never comes to its end:" + w.way(int32(i))
	}
	return ""
}

// way tells how a state was reached.
func (w *walk) way(i int32) string {
	var list []string
	for ; i >= 0; i = w.from[i] {
		list = append(list, w.packs.words.list[w.by[i]])
	}
	slices.Reverse(list)
	return "\n  " + strings.Join(list, "\n  ")
}

// packed is a world as the walk keeps millions of them.
type packed struct {
	matter, contact, wire, there int32
	engines                      [2]int32
	leader, term                 int8
	untold                       [3]bool
	down, mapped                 bool
	left                         [mishaps]int8
	beside                       int32
}

// packs number the parts of worlds.
type packs struct {
	engines numbers[worker]
	wires   numbers[[4]onWire]
	theres  numbers[[8]thing]
	besides numbers[beside]
	words   numbers[string]
}

func (n *packs) pack(w world) packed {
	return packed{w.matter, w.contact, n.wires.id(w.wire), n.theres.id(w.there), [2]int32{n.engines.id(w.engines[0]), n.engines.id(w.engines[1])},
		w.leader, w.term, w.untold, w.down, w.mapped, w.left, n.besides.id(w.beside)}
}

func (n *packs) unpack(p packed) world {
	return world{p.matter, p.contact, [2]worker{n.engines.list[p.engines[0]], n.engines.list[p.engines[1]]}, p.leader, p.term, p.untold, p.down, p.mapped,
		n.wires.list[p.wire], n.theres.list[p.there], p.left, n.besides.list[p.beside]}
}

// numbers are comparable values by number.
type numbers[T comparable] struct {
	ids  map[T]int32
	list []T
}

func (n *numbers[T]) id(v T) int32 {
	id, ok := n.ids[v]
	if !ok {
		if n.ids == nil {
			n.ids = map[T]int32{}
		}
		id = int32(len(n.list))
		n.ids[v] = id
		n.list = append(n.list, v)
	}
	return id
}

// pool numbers values that do not compare, so that a world is small and compares by its numbers.
type pool[A any] struct {
	ids    map[string]int32
	values *[]A
}

func newPool[A any]() pool[A] {
	p := pool[A]{ids: map[string]int32{}, values: new([]A)}
	var none A
	p.id(none)
	return p
}

func (p pool[A]) id(a A) int32 {
	text := string(appendAll(nil, reflect.ValueOf(a)))
	id, ok := p.ids[text]
	if !ok {
		id = int32(len(*p.values))
		p.ids[text] = id
		*p.values = append(*p.values, a)
	}
	return id
}

func (p pool[A]) get(id int32) A { return (*p.values)[id] }

// appendAll writes all of a value, hidden fields too. Maps and trails count as sets.
func appendAll(to []byte, v reflect.Value) []byte {
	switch v.Kind() {
	case reflect.Pointer:
		switch {
		case v.IsNil():
			return append(to, '-')
		case strings.HasPrefix(v.Type().Elem().Name(), "trail["):
			return appendTrail(to, v)
		case v.Type().Elem().Name() == "Location":
			return to
		}
		return appendAll(append(to, '*'), v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			to = append(appendAll(to, v.Field(i)), ',')
		}
		return to
	case reflect.Slice:
		for i := range v.Len() {
			to = append(appendAll(to, v.Index(i)), ';')
		}
		return append(to, ']')
	case reflect.Map:
		var list []string
		for k, e := range v.Seq2() {
			list = append(list, string(appendAll(append(appendAll(nil, k), ':'), e)))
		}
		return appendSet(to, list)
	case reflect.String:
		return append(append(to, v.String()...), 0)
	case reflect.Bool:
		return strconv.AppendBool(to, v.Bool())
	case reflect.Int, reflect.Int64:
		return strconv.AppendInt(to, v.Int(), 36)
	case reflect.Uint64:
		return strconv.AppendUint(to, v.Uint(), 36)
	}
	panic("the walk does not know values such as " + v.Type().String())
}

func appendTrail(to []byte, v reflect.Value) []byte {
	var list []string
	for ; !v.IsNil(); v = v.Elem().FieldByName("before") {
		list = append(list, string(appendAll(nil, v.Elem().FieldByName("key"))))
	}
	return appendSet(to, list)
}

func appendSet(to []byte, list []string) []byte {
	slices.Sort(list)
	return append(append(to, strings.Join(slices.Compact(list), "|")...), '}')
}
