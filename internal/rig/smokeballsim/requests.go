package smokeballsim

import (
	"maps"
	"net/http"
	"slices"
	"time"
)

// remembered is how many requests, and how many deliveries, are kept one by one; the
// counts go on for ever.
const remembered = 20000

// remember appends v and forgets the older half where there are too many.
func remember[T any](all []T, v T) []T {
	all = append(all, v)
	if len(all) > remembered {
		all = slices.Clone(all[remembered/2:])
	}
	return all
}

// Request is one request that the server met.
type Request struct {
	At     time.Time `json:"at"` // when it came
	Method string    `json:"method"`
	Route  string    `json:"route"` // method and pattern, as in the API's description
	Path   string    `json:"path"`
	Status int       `json:"status"` // 0: the connection was cut without an answer
	ID     string    `json:"requestId"`
}

// Counts sums up all requests since the start.
type Counts struct {
	Total    int            `json:"total"`
	TooMany  int            `json:"tooMany"` // answered 429
	ByStatus map[int]int    `json:"byStatus"`
	ByRoute  map[string]int `json:"byRoute"`
}

// Calls is how many requests were calls of the API, which the allowance is for; tokens and
// the files' own bytes are not.
func (c Counts) Calls() (n int) {
	for _, r := range api {
		n += c.ByRoute[r.pattern]
	}
	return n
}

// requestLog remembers the newest requests.
type requestLog struct {
	newest []Request
	counts Counts
}

func newRequestLog() requestLog {
	return requestLog{counts: Counts{ByStatus: map[int]int{}, ByRoute: map[string]int{}}}
}

func (s *store) record(r Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := &s.log
	l.newest = remember(l.newest, r)
	l.counts.Total++
	l.counts.ByStatus[r.Status]++
	l.counts.ByRoute[r.Route]++
	if r.Status == http.StatusTooManyRequests {
		l.counts.TooMany++
	}
}

// Requests lists the newest requests, oldest first; the controls' own are left out.
func (s *store) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.log.newest)
}

// Counts sums up all requests; the controls' own are left out.
func (s *store) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.log.counts
	c.ByStatus, c.ByRoute = maps.Clone(c.ByStatus), maps.Clone(c.ByRoute)
	return c
}
