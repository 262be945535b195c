package web

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/casehug/smokeball-sync/domain"
)

// codeTooMany is the code of a request that comes too soon.
const codeTooMany domain.Code = "too_many_requests"

// budget is how much somebody may have the engine keep: requests and bytes, each a
// second, with what may come at once.
type budget struct {
	perSecond, atOnce           float64
	bytesPerSecond, bytesAtOnce float64
}

const kib, mib = 1 << 10, 1 << 20

// The budgets. People click; services hand over what a firm's people did; Smokeball
// notifies of what changes, by the thousand where somebody edits many matters at once. Links to Smokeball stay in the ledger, one fact each.
var (
	perPerson  = budget{20, 600, 256 * kib, 16 * mib}
	perFirm    = budget{40, 1200, 512 * kib, 32 * mib}
	perService = budget{200, 5000, 2 * mib, 64 * mib}   // that serves all firms
	perOneFirm = budget{100, 2000, 256 * kib, 64 * mib} // a service of one firm
	perHook    = budget{1000, 20_000, 2 * mib, 64 * mib}
	perLinks   = budget{1.0 / 30, 20, mib, mib}
)

// limits hold everybody to a budget. They are this engine's own: of several engines each
// has its own, so that together they allow that many times more.
type limits struct {
	mu   sync.Mutex
	used map[string]*spent
}

// spent is what is left of a budget.
type spent struct {
	requests, bytes *rate.Limiter
	last            time.Time
}

// mostSpenders is how many budgets are remembered at once.
const mostSpenders = 20_000

// take spends a request of so many bytes, or tells after how long to come again.
func (l *limits) take(key string, b budget, size int64, now time.Time) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.of(key, b, now)
	n := min(int(size), int(b.bytesAtOnce))
	requests, bytes := s.requests.ReserveN(now, 1), s.bytes.ReserveN(now, n)
	if wait = max(requests.DelayFrom(now), bytes.DelayFrom(now)); wait > 0 {
		requests.CancelAt(now)
		bytes.CancelAt(now)
	}
	return wait
}

func (l *limits) of(key string, b budget, now time.Time) *spent {
	s := l.used[key]
	if s == nil {
		if l.used == nil || len(l.used) >= mostSpenders {
			l.forget(now)
		}
		s = &spent{requests: rate.NewLimiter(rate.Limit(b.perSecond), int(b.atOnce)), bytes: rate.NewLimiter(rate.Limit(b.bytesPerSecond), int(b.bytesAtOnce))}
		l.used[key] = s
	}
	s.last = now
	return s
}

// forget drops those who have not asked for a while; theirs is whole again.
func (l *limits) forget(now time.Time) {
	kept := map[string]*spent{}
	for key, s := range l.used {
		if now.Sub(s.last) < 10*time.Minute && len(kept) < mostSpenders/2 {
			kept[key] = s
		}
	}
	l.used = kept
}

// spend holds what a signed-in caller has the engine keep to the budgets of the person and
// of the firm.
func (s *site) spend(c caller, r *http.Request) error {
	if r.Method == http.MethodGet || r.Method == http.MethodHead || c.operator {
		return nil
	}
	firm := firstNonEmpty(r.PathValue("firm"), string(c.user.Firm))
	size := r.ContentLength
	if size < 0 {
		size = maxBody
	}
	type claim struct {
		key string
		b   budget
	}
	claims := []claim{{"person " + firm + " " + c.user.Subject, perPerson}, {"firm " + firm, perFirm}}
	switch {
	case c.user.Role == domain.Service && c.user.Firm == domain.EveryFirm:
		claims = []claim{{"service " + firm, perService}}
	case c.user.Role == domain.Service:
		claims = []claim{{"service of " + firm, perOneFirm}}
	}
	if c.auditTarget.action == domain.ActionAuthorize {
		claims = append(claims, claim{"links " + firm, perLinks})
	}
	for _, claim := range claims {
		if wait := s.limits.take(claim.key, claim.b, size, s.Now()); wait > 0 {
			return tooMany(wait)
		}
	}
	return nil
}

func tooMany(wait time.Duration) *problem {
	seconds := strconv.Itoa(int(wait/time.Second) + 1)
	return newProblem(http.StatusTooManyRequests, codeTooMany, "These are more requests, or more bytes, than the engine accepts at once.", "Try again in "+seconds+" seconds.").
		with("Retry-After", seconds)
}

// bodies limits the memory that bodies of unknown callers may take. Those that come from one
// network address, or to one firm's webhook address, together have a share of the places.
type bodies struct {
	share int // places of one

	mu    sync.Mutex
	total int
	of    map[string]int
}

const (
	// mostUnknown is how many such bodies are read at once, of 64 KiB each at most.
	mostUnknown = 512
	// mostToOne is how many of them come to one firm's webhook address.
	mostToOne = 32
	// mostFromOne is how many of them come from one network address.
	mostFromOne = 64
)

// enter takes a place for who, or says that there is none.
func (b *bodies) enter(who string) (leave func(), err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.total >= mostUnknown || b.of[who] >= b.share {
		return nil, newProblem(http.StatusServiceUnavailable, codeTooMany, "Too many requests are being read.", "Try again in a moment.").with("Retry-After", "1")
	}
	if b.of == nil {
		b.of = map[string]int{}
	}
	b.total++
	b.of[who]++
	return func() { b.leave(who) }, nil
}

func (b *bodies) leave(who string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.total--
	if b.of[who]--; b.of[who] == 0 {
		delete(b.of, who)
	}
}

// unknownBody lets h read a body of a caller who is not known yet.
func (s *site) unknownBody(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		leave, err := s.bodies.enter(addressOf(r))
		if err != nil {
			w.Header().Set("Connection", "close") // else the server would read the body before it answers
			s.refuse(w, r, err)
			return
		}
		defer leave()
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout)) // a writer without deadlines has no slow client
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		_ = r.ParseForm() // what is no form has no values
		h(w, r)
	}
}

// enterHook looks a webhook's secret up, holds its firm to the budget and takes a place for
// the body, before that is read.
func (s *site) enterHook(ctx context.Context, secret string, size int64) (leave func(), err error) {
	firm, err := s.Inbox.Addressee(ctx, secret)
	if err != nil {
		return nil, err
	}
	if size < 0 {
		size = maxHook
	}
	if wait := s.limits.take("hook "+string(firm), perHook, size, s.Now()); wait > 0 {
		return nil, tooMany(wait)
	}
	return s.hooks.enter(string(firm))
}
