package smokeball

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/retry"
)

const (
	// opensAfter is how many calls of a firm fail in a row, by Smokeball's fault, before
	// its circuit opens.
	opensAfter = 5
)

// probes is how long a circuit stays open before the next probe.
var probes = retry.Backoff{First: 10 * time.Second, Limit: 5 * time.Minute}

// circuits hold back the calls of firms for which Smokeball is out of reach: they fail
// at once, and after a pause one call at a time probes. They are safe for concurrent use.
type circuits struct {
	log  *slog.Logger
	tell func(Trouble) // nil: not reported

	mu    sync.Mutex
	firms map[domain.FirmID]*circuit
}

// circuit is one firm's. It is closed while pause is 0.
type circuit struct {
	grant    time.Time     // when the authorization that its calls use was given
	failures int           // in a row
	since    time.Time     // when the first of them ended
	pause    time.Duration // between the newest two probes
	until    time.Time     // no call before, but one that a person waits for
	tried    time.Time     // when the newest probe failed, or the circuit opened
	probing  bool
	flow     context.Context // ends when the circuit opens
	cut      context.CancelFunc
	reported bool // that it is open
}

// Trouble is that Smokeball does not serve a firm's calls, or that it does again.
type Trouble struct {
	Firm    domain.FirmID
	Since   time.Time         // when the first call failed
	Failure *domain.CallError // nil: it is over
}

// refusalWindow is how long Smokeball may refuse what it should not, answering all the
// while, before that counts as an outage.
const refusalWindow = time.Minute

// verdict is what a call shows about Smokeball.
type verdict int

const (
	noVerdict verdict = iota // nothing: the caller gave up
	answers                  // Smokeball works, be it only to refuse
	fails                    // by its fault, or the network's
)

// outage is the error of a call that was not made because Smokeball is out of reach.
type outage struct {
	since, next time.Time
	after       time.Duration // when this call is best tried again
}

func (o *outage) Error() string {
	return fmt.Sprintf("not sent: out of reach since %s, next probe at %s", clock(o.since), clock(o.next))
}

func clock(t time.Time) string { return t.UTC().Format("3:04:05 PM UTC") }

func newCircuits(log *slog.Logger, tell func(Trouble)) *circuits {
	return &circuits{log: log, tell: tell, firms: map[domain.FirmID]*circuit{}}
}

// pass lets one call through; its outcome must go to settle.
type pass struct {
	circuit *circuit // nil: of no firm
	probe   bool
	flow    context.Context // ends when the call need not wait for its slot any more
}

// enter lets a call through, or returns an *outage. Calls of no firm, as while one is
// being connected, always go through.
func (c *circuits) enter(t slot) (pass, error) {
	if t.firm == "" {
		return pass{flow: context.Background()}, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.firms[t.firm]
	if k == nil || !k.grant.Equal(t.grant) { // somebody connected again: what was counts no more
		k = &circuit{grant: t.grant}
		k.close()
		c.firms[t.firm] = k
	}
	switch now := time.Now(); {
	case k.pause == 0:
		return pass{k, false, k.flow}, nil
	case k.probing || !k.mayProbe(t.priority, now):
		return pass{}, k.outage(now)
	}
	k.probing = true
	return pass{k, true, context.Background()}, nil
}

// held is the error of a call of the firm that stops waiting for its slot.
func (c *circuits) held(p pass) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return p.circuit.outage(time.Now())
}

// settle takes in what came of a call: an answer closes the circuit, a failure of the
// probe or one too many opens it. why is the failure.
func (c *circuits) settle(firm domain.FirmID, p pass, v verdict, why *domain.CallError) {
	if p.circuit == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	k := p.circuit
	if p.probe {
		k.probing = false
	}
	switch {
	case v == answers:
		if k.pause > 0 {
			c.log.Info("Smokeball answers again", "firm", firm, "since", k.since)
		}
		k.close()
		if k.reported {
			k.reported = false
			c.say(Trouble{Firm: firm, Since: k.since})
		}
	case v == fails && k.fail(p.probe, time.Now(), 0):
		c.opened(firm, k, why)
	}
}

// recordFailure records that Smokeball, or its sign-in host, refuses a firm's valid calls. That is
// known only after the call: settle could not see it in the answer.
func (c *circuits) recordFailure(firm domain.FirmID, why *domain.CallError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, now := c.firms[firm], time.Now()
	if k == nil {
		k = &circuit{}
		k.close()
		c.firms[firm] = k
	}
	if k.fail(k.pause > 0 && !now.Before(k.until), now, refusalWindow) {
		c.opened(firm, k, why)
	}
}

// opened reports that the circuit opened, or stays open.
func (c *circuits) opened(firm domain.FirmID, k *circuit, why *domain.CallError) {
	c.log.Warn("Smokeball does not answer; the firm's calls are held back", "firm", firm, "since", k.since, "until", k.until, "err", why)
	k.reported = true
	c.say(Trouble{Firm: firm, Since: k.since, Failure: why})
}

func (c *circuits) say(t Trouble) {
	if c.tell != nil {
		c.tell(t)
	}
}

// open is how many circuits are open.
func (c *circuits) open() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, k := range c.firms {
		if k.pause > 0 {
			n++
		}
	}
	return n
}

// close lets calls through again.
func (k *circuit) close() {
	k.failures, k.pause = 0, 0
	if k.flow == nil || k.flow.Err() != nil {
		k.flow, k.cut = context.WithCancel(context.Background())
	}
}

// fail counts a failure and reports whether the circuit opens, or stays open for longer.
// A call that was under way when it opened changes nothing. It opens no sooner than
// minOutage after the first failure.
func (k *circuit) fail(probe bool, now time.Time, minOutage time.Duration) bool {
	if k.failures == 0 {
		k.since = now
	}
	k.failures++
	if k.failures < opensAfter || (k.pause > 0 && !probe) || now.Sub(k.since) < minOutage {
		return false
	}
	k.pause = probes.Next(k.pause)
	k.tried, k.until = now, now.Add(retry.Jitter(k.pause))
	k.cut()
	return true
}

// mayProbe reports whether it is time for a probe. For a person who clicks that is
// sooner, but not so soon that callers who come back from the last outage probe again.
func (k *circuit) mayProbe(p Priority, now time.Time) bool {
	return !now.Before(k.until) || (p == Clicked && now.Sub(k.tried) >= max(probes.First, k.pause/3))
}

// outage says when the call is best retried. The callers come back one by one, not
// all at the moment of the probe.
func (k *circuit) outage(now time.Time) *outage {
	next := k.until
	if !next.After(now) {
		next = now.Add(answerWithin) // a probe is on its way
	}
	return &outage{since: k.since, next: next, after: next.Sub(now) + rand.N(max(k.pause/4, time.Second))}
}

// judge is what the head of an answer, or its lack, shows about Smokeball. A refusal of
// the sign-in or of the app may be about this call or about all: whoever made it finds out.
func judge(ctx context.Context, resp *http.Response, err error) verdict {
	switch {
	case err != nil && ctx.Err() != nil:
		return noVerdict
	case err != nil || resp.StatusCode >= http.StatusInternalServerError || isPage(resp.Header):
		return fails
	case resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden:
		return noVerdict
	}
	return answers
}

// isPage reports whether an answer is a page for people: not Smokeball's API made it, but
// something that stands before it.
func isPage(h http.Header) bool { return strings.HasPrefix(h.Get("Content-Type"), "text/html") }

// fault is the failure behind a verdict.
func (v verdict) fault(op string, resp *http.Response, err error) *domain.CallError {
	k := call{op: op, method: http.MethodGet}
	switch {
	case v != fails:
		return nil
	case err != nil:
		return k.lost(withoutURL(err), true)
	}
	f := k.broken(answer{status: resp.StatusCode, header: resp.Header})
	f.Failure.Smokeball = &domain.Refusal{Status: resp.StatusCode}
	return f
}
