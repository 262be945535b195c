package auth

import (
	"cmp"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/casehug/smokeball-sync/adapters/web/problem"
	"github.com/casehug/smokeball-sync/domain"
)

// budget limits what a caller may have the engine store: a rate and a burst, for requests
// and for bytes.
type budget struct {
	perSecond, atOnce           float64
	bytesPerSecond, bytesAtOnce float64
}

const kib, mib = 1 << 10, 1 << 20

// The budgets. People click; services forward what a firm's people did; Smokeball sends
// webhooks, thousands if somebody edits many matters at once. Each link to Smokeball's
// consent page adds a fact to the ledger.
var (
	perPerson  = budget{20, 600, 256 * kib, 16 * mib}
	perFirm    = budget{40, 1200, 512 * kib, 32 * mib}
	perService = budget{200, 5000, 2 * mib, 64 * mib}   // for a service of all firms
	perOneFirm = budget{100, 2000, 256 * kib, 64 * mib} // for a service of one firm
	perHook    = budget{1000, 20_000, 2 * mib, 64 * mib}
	perLinks   = budget{1.0 / 30, 20, mib, mib}
	perKeyed   = budget{1, 5000, mib, 64 * mib} // calls with an Idempotency-Key, of which a record is kept
)

// Limits enforces every caller's budget. Engines do not share budgets: n engines together
// allow n times as much.
type Limits struct {
	now  func() time.Time
	mu   sync.Mutex
	used map[string]*spent
}

// NewLimits returns limits of which nothing is spent.
func NewLimits(now func() time.Time) *Limits { return &Limits{now: now} }

// spent tracks what is left of a budget.
type spent struct {
	requests, bytes *rate.Limiter
	last            time.Time
}

// maxSpenders limits the budgets that are kept in memory.
const maxSpenders = 20_000

// take spends one request of so many bytes, or returns how long to wait before a retry.
func (l *Limits) take(key string, b budget, size int64) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	s := l.of(key, b, now)
	n := min(int(size), int(b.bytesAtOnce))
	requests, bytes := s.requests.ReserveN(now, 1), s.bytes.ReserveN(now, n)
	if wait = max(requests.DelayFrom(now), bytes.DelayFrom(now)); wait > 0 {
		requests.CancelAt(now)
		bytes.CancelAt(now)
	}
	return wait
}

func (l *Limits) of(key string, b budget, now time.Time) *spent {
	s := l.used[key]
	if s == nil {
		if l.used == nil || len(l.used) >= maxSpenders {
			l.forget(now)
		}
		s = &spent{requests: rate.NewLimiter(rate.Limit(b.perSecond), int(b.atOnce)), bytes: rate.NewLimiter(rate.Limit(b.bytesPerSecond), int(b.bytesAtOnce))}
		l.used[key] = s
	}
	s.last = now
	return s
}

// forget drops budgets that were not used for ten minutes: they have refilled.
func (l *Limits) forget(now time.Time) {
	kept := map[string]*spent{}
	for key, s := range l.used {
		if now.Sub(s.last) < 10*time.Minute && len(kept) < maxSpenders/2 {
			kept[key] = s
		}
	}
	l.used = kept
}

// claim is what a request takes from one budget.
type claim struct {
	key string
	b   budget
}

// spend charges what a signed-in caller has the engine store to the budgets of the person and
// of the firm.
func (l *Limits) spend(c Caller, r *http.Request) error {
	if r.Method == http.MethodGet || r.Method == http.MethodHead || c.operator {
		return nil
	}
	size := r.ContentLength
	if size < 0 {
		size = MaxBody
	}
	claims := claimsOf(c, cmp.Or(r.PathValue("firm"), string(c.User.Firm)))
	if r.Header.Get("Idempotency-Key") != "" {
		claims = append(claims, claim{"keys " + cmp.Or(r.PathValue("firm"), string(c.User.Firm)), perKeyed})
	}
	for _, claim := range claims {
		if wait := l.take(claim.key, claim.b, size); wait > 0 {
			return tooMany(wait)
		}
	}
	return nil
}

func claimsOf(c Caller, firm string) []claim {
	claims := []claim{{"person " + firm + " " + c.User.Subject, perPerson}, {"firm " + firm, perFirm}}
	switch {
	case c.User.Role == domain.Service && c.User.Firm == domain.EveryFirm:
		claims = []claim{{"service " + firm, perService}}
	case c.User.Role == domain.Service:
		claims = []claim{{"service of " + firm, perOneFirm}}
	}
	if c.action == domain.ActionAuthorize {
		claims = append(claims, claim{"links " + firm, perLinks})
	}
	return claims
}

// SpendWebhook charges a webhook to its firm's budget.
func (l *Limits) SpendWebhook(firm domain.FirmID, size int64) error {
	if wait := l.take("hook "+string(firm), perHook, size); wait > 0 {
		return tooMany(wait)
	}
	return nil
}

func tooMany(wait time.Duration) *problem.Problem {
	seconds := strconv.Itoa(int(wait/time.Second) + 1)
	return problem.New(http.StatusTooManyRequests, problem.CodeTooManyRequests, "These are more requests, or more bytes, than the engine accepts at once.", "Try again in "+seconds+" seconds.").
		With("Retry-After", seconds)
}
