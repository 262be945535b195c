package eventstore

import "sync"

// seenLimit is how many streams a seen remembers.
const seenLimit = 1024

// seen remembers the newest event of the streams that a Tail yielded last. A follower of the
// cluster may deliver an event a moment before the leader shows it, so a Read that begins then
// would miss what its own process knows. The zero value is ready.
type seen struct {
	mu    sync.Mutex
	at    map[string]Seq
	order [seenLimit]string // the streams in at, as they came
	next  int               // of order
}

// note remembers an event.
func (s *seen) note(stream string, at Seq) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at == nil {
		s.at = make(map[string]Seq, seenLimit)
	}
	if last, known := s.at[stream]; known {
		s.at[stream] = max(last, at)
		return
	}
	delete(s.at, s.order[s.next])
	s.order[s.next], s.at[stream] = stream, at
	s.next = (s.next + 1) % seenLimit
}

// of is the newest event that was noted of a stream; 0: none is remembered.
func (s *seen) of(stream string) Seq {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at[stream]
}
