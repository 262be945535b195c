package smokeballsim

import (
	"maps"
	"net/http"
	"slices"
	"time"
)

// remembered limits the requests, and the deliveries, that are kept one by one; the counts
// include all.
const remembered = 20000

// remember appends v and drops the older half of a full list.
func remember[T any](all []T, v T) []T {
	all = append(all, v)
	if len(all) > remembered {
		all = slices.Clone(all[remembered/2:])
	}
	return all
}

// Request is one request to the server.
type Request struct {
	At     time.Time `json:"at"` // when it came
	Method string    `json:"method"`
	Route  string    `json:"route"` // method and pattern, as in the API's description
	Path   string    `json:"path"`
	Status int       `json:"status"` // 0: the connection was cut without an answer
	ID     string    `json:"requestId"`

	Account string `json:"account,omitempty"` // whose it was; empty: no call of the API, or one that was refused
}

// Counts sums up all requests since the start.
type Counts struct {
	Total    int            `json:"total"`
	TooMany  int            `json:"tooMany"` // answered 429
	ByStatus map[int]int    `json:"byStatus"`
	ByRoute  map[string]int `json:"byRoute"`
}

// Calls is how many requests were calls of the API, to which the allowance applies; token
// requests and file transfers are not.
func (c Counts) Calls() (n int) {
	for _, r := range api {
		n += c.ByRoute[r.pattern]
	}
	return n
}

// requestLog keeps the newest requests.
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

// requestsSince are those of Requests that came after a time, RFC 3339; "": all.
func (s *store) requestsSince(text string) ([]Request, error) {
	if text == "" {
		return s.Requests(), nil
	}
	since, err := time.Parse(time.RFC3339Nano, text)
	return slices.DeleteFunc(s.Requests(), func(r Request) bool { return !r.At.After(since) }), err
}

// Counts sums up all requests; the controls' own are left out.
func (s *store) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.log.counts
	c.ByStatus, c.ByRoute = maps.Clone(c.ByStatus), maps.Clone(c.ByRoute)
	return c
}
