package smokeballsim

import (
	"encoding/json"
	"iter"
)

// shelf holds the resources of one kind in the order of their acceptance. A resource that was
// accepted but is not visible yet is known, but not found.
type shelf[T any] struct {
	slots map[string]*slot[T]
	order []string
}

type slot[T any] struct {
	value   T
	visible bool
}

func newShelf[T any]() *shelf[T] { return &shelf[T]{slots: map[string]*slot[T]{}} }

// reserve stores v under id, not visible yet.
func (s *shelf[T]) reserve(id string, v T) {
	s.slots[id] = &slot[T]{value: v}
	s.order = append(s.order, id)
}

// add stores v under id, visible.
func (s *shelf[T]) add(id string, v T) {
	s.reserve(id, v)
	s.show(id)
}

func (s *shelf[T]) show(id string) {
	if e := s.slots[id]; e != nil {
		e.visible = true
	}
}

// drop removes id. Its place in the order stays empty.
func (s *shelf[T]) drop(id string) { delete(s.slots, id) }

// known reports whether id was accepted, visible or not.
func (s *shelf[T]) known(id string) bool { return s.slots[id] != nil }

// held finds a resource, visible or not.
func (s *shelf[T]) held(id string) (T, bool) {
	e := s.slots[id]
	if e == nil {
		var none T
		return none, false
	}
	return e.value, true
}

// get finds a visible resource.
func (s *shelf[T]) get(id string) (T, bool) {
	e := s.slots[id]
	if e == nil || !e.visible {
		var none T
		return none, false
	}
	return e.value, true
}

// all yields the visible resources, oldest first.
func (s *shelf[T]) all() iter.Seq[T] {
	return func(yield func(T) bool) {
		for _, id := range s.order {
			if v, ok := s.get(id); ok && !yield(v) {
				return
			}
		}
	}
}

// where lists the visible resources that satisfy keep, oldest first.
func (s *shelf[T]) where(keep func(T) bool) []T {
	found := []T{}
	for v := range s.all() {
		if keep(v) {
			found = append(found, v)
		}
	}
	return found
}

// kept is a resource in a state file.
type kept[T any] struct {
	ID      string
	Value   T
	Visible bool
}

// MarshalJSON lists the resources in their order.
func (s *shelf[T]) MarshalJSON() ([]byte, error) {
	all := []kept[T]{}
	for _, id := range s.order {
		if e := s.slots[id]; e != nil {
			all = append(all, kept[T]{id, e.value, e.visible})
		}
	}
	return json.Marshal(all)
}

// UnmarshalJSON fills an empty shelf.
func (s *shelf[T]) UnmarshalJSON(b []byte) error {
	var all []kept[T]
	if err := json.Unmarshal(b, &all); err != nil {
		return err
	}
	s.slots = map[string]*slot[T]{}
	for _, k := range all {
		s.reserve(k.ID, k.Value)
		s.slots[k.ID].visible = k.Visible
	}
	return nil
}
