package smokeball

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// maxRetryAfter bounds what a Retry-After may ask for.
const maxRetryAfter = 5 * time.Minute

func (k call) fault(class domain.Class, code domain.Code, fault domain.Fault, cause error) *domain.CallError {
	return faultOf(k.op, class, code, fault, domain.About{}, cause)
}

// malformedRequest is a call that cannot even be put into words.
func (k call) malformedRequest(cause error) *domain.CallError {
	return k.fault(domain.Permanent, domain.CodeInternal, domain.FaultMalformed, cause)
}

// lost is a call without an answer. settled: it certainly did not arrive.
func (k call) lost(cause error, settled bool) *domain.CallError {
	var held *outage
	if errors.As(cause, &held) {
		f := passing(k.op, domain.FaultOutage, domain.About{Since: held.since, Until: held.next}, cause)
		f.After, f.NotSent = held.after, true
		return f
	}
	if f := nobodyThere(k.op, settingAPI, cause); f != nil && settled {
		return f
	}
	fault, about := domain.FaultUnreachable, domain.About{}
	switch {
	case errors.Is(cause, errNoSlot):
		fault = domain.FaultNoSlot
	case errors.Is(cause, errNoAnswer):
		fault, about.Seconds = domain.FaultNoAnswer, int64(answerWithin.Seconds())
	case errors.Is(cause, errNoEnd):
		fault, about.Seconds = domain.FaultEndlessAnswer, int64(bodyWithin.Seconds())
	case !settled:
		fault = domain.FaultBrokeOff
	}
	f := passing(k.op, fault, about, cause)
	f.Unsettled = !settled && !k.reads()
	return f
}

// unreadable is an answer that cannot be understood. What the call should do may be
// done.
func (k call) unreadable(cause error) *domain.CallError {
	f := passing(k.op, domain.FaultUnreadable, domain.About{}, cause)
	f.Unsettled = !k.reads()
	return f
}

// decode reads a good answer into out.
func (k call) decode(a answer, out any) error {
	if err := json.Unmarshal(withoutBOM(a.body), out); err != nil {
		return k.unreadable(fmt.Errorf("answer %d: %w", a.status, err))
	}
	if v, ok := out.(interface{ check() error }); ok {
		if err := v.check(); err != nil {
			return k.unreadable(fmt.Errorf("answer %d: %w", a.status, err))
		}
	}
	return nil
}

// refused decides what any status but success and 429 means.
func (k call) refused(a answer) *domain.CallError {
	s := k.refusal(a)
	f := k.meaning(a, s)
	f.Failure.Smokeball = &s.Refusal
	f.Err = statusError(a.status)
	return f
}

// meaning is what the status says. What is no document of Smokeball's own comes from
// something that stands before it, such as a firewall: it passes, whatever its status.
func (k call) meaning(a answer, s vendorError) *domain.CallError {
	switch {
	case a.status >= 300 && a.status < 400:
		return movedFault(k.op, a.header.Get("Location"))
	case a.status >= 500 || a.status == http.StatusRequestTimeout || (!s.told && a.status != http.StatusUnauthorized):
		return k.broken(a)
	case a.status == http.StatusUnauthorized:
		return k.turnedAway()
	case a.status == http.StatusForbidden:
		return k.fault(domain.NotPermitted, domain.CodeSmokeballRefused, domain.FaultNotAllowed, nil)
	case a.status == http.StatusNotFound:
		return k.notThere()
	}
	return k.fault(domain.Permanent, domain.CodeSmokeballRefused, domain.FaultRefused, nil)
}

// notThere is what Smokeball does not have, or shows as deleted.
func (k call) notThere() *domain.CallError {
	return k.fault(domain.NotThere, domain.CodeSmokeballRefused, domain.FaultNotThere, nil)
}

// turnedAway is a 401 to a token that the sign-in host has just handed out. That it did so
// proves the grant: what refuses the token is at fault, and passes.
func (k call) turnedAway() *domain.CallError {
	return passing(k.op, domain.FaultTokenRefused, domain.About{}, nil)
}

// keyRefused is a 403 to everything: that is how Smokeball answers a wrong API key.
func (k call) keyRefused(p *app, a answer) *domain.CallError {
	s := k.refusal(a)
	if !s.told {
		return k.refused(a)
	}
	setting := settingKey
	if p.own {
		setting = settingOwn
	}
	f := misconfigured(k.op, setting, domain.FaultAppRefused)
	f.Failure.Smokeball, f.Err = &s.Refusal, statusError(a.status)
	return f
}

// broken is a fault of Smokeball's own. Something new may have been made all the same.
func (k call) broken(a answer) *domain.CallError {
	fault := domain.FaultServer
	if a.status < 500 && a.status != http.StatusRequestTimeout {
		fault = domain.FaultNotSmokeball
	}
	f := passing(k.op, fault, domain.About{Status: a.status}, nil)
	f.Unsettled = k.creates
	f.After = retryAfter(a.header)
	return f
}

// tooMany is a 429: the call was not processed.
func (k call) tooMany(a answer, pause time.Duration) *domain.CallError {
	f := k.fault(domain.Allowance, domain.CodeAllowanceExceeded, domain.FaultAllowanceUsedUp, statusError(a.status))
	s := k.refusal(a)
	f.Failure.Smokeball = &s.Refusal
	f.After = max(pause, retryAfter(a.header))
	return f
}

// retryAfter is how long an answer asks to wait, as seconds or as a date, bounded; 0: it
// does not ask.
func retryAfter(h http.Header) time.Duration {
	after := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, ok := wholeNumber(after); ok {
		return time.Duration(min(max(seconds, 0), int64(maxRetryAfter/time.Second))) * time.Second
	}
	at, err := http.ParseTime(after)
	if err != nil {
		return 0
	}
	now := time.Now()
	if theirs, err := http.ParseTime(h.Get("Date")); err == nil {
		now = theirs // the date is by their clock
	}
	return min(max(at.Sub(now), 0), maxRetryAfter)
}

// statusError is the cause of a fault that an answer brought.
type statusError int

func (s statusError) Error() string {
	return fmt.Sprintf("answer %d %s", int(s), http.StatusText(int(s)))
}
