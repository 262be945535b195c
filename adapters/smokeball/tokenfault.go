package smokeball

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/casehug/smokeball-sync/domain"
	"golang.org/x/oauth2"
)

// The operations at the sign-in host.
const (
	opExchange = "finish sign-in"
	opRefresh  = "refresh sign-in"
	opOwn      = "sign in"
	opOwnFirst = "connect the firm's own app"
	opRevoke   = "end sign-in"
	opTry      = "try the app's credentials"
	opTryHost  = "try the API's host"
	opConsent  = "ask for consent"
)

// The settings that faults point to, as operators know them.
const (
	settingID        = "SMOKEBALL_CLIENT_ID"
	settingSecret    = "SMOKEBALL_CLIENT_SECRET"
	settingKey       = "SMOKEBALL_API_KEY"
	settingOwn       = domain.SettingPrivateApps
	settingAuth      = "SMOKEBALL_AUTH_URL"
	settingAPI       = "SMOKEBALL_API_URL"
	settingPublicURL = "ENGINE_PUBLIC_URL"
)

// oauthWords are the errors that a token endpoint may name (RFC 6749, section 5.2), and
// the one that Cognito, which is behind Smokeball's, adds.
var oauthWords = []string{"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client",
	"unsupported_grant_type", "invalid_scope", wordRedirect}

const wordRedirect = "redirect_mismatch"

// tokenFault turns an error of the token endpoint into the one error of this package.
// Only OAuth's own words, in JSON, say that a grant is over or the app is set up wrongly:
// whatever else comes from that address is a page of something that stands before it, and
// passes. The endpoint's body stays out of the error.
func tokenFault(op string, err error) *domain.CallError {
	var answered *oauth2.RetrieveError
	if !errors.As(err, &answered) || answered.Response == nil {
		return lostToken(op, err)
	}
	status := answered.Response.StatusCode
	word, description := oauthError(status, answered.Body)
	f := wordFault(op, word, description)
	if f == nil {
		f = statusFault(op, answered.Response)
	}
	f.Failure.Smokeball = &domain.Refusal{Status: status, Title: word, Detail: description}
	f.Err = fmt.Errorf("token endpoint answers %d %s", status, cmp.Or(word, "without an OAuth error"))
	return f
}

// oauthError is the error that the endpoint names, "" where it names none.
func oauthError(status int, body []byte) (word, description string) {
	var said struct {
		Error       looseText `json:"error"`
		Description looseText `json:"error_description"`
	}
	ours := status >= 400 && status < 500 && status != http.StatusTooManyRequests && status != http.StatusRequestTimeout
	if !ours || json.Unmarshal(withoutBOM(body), &said) != nil || !slices.Contains(oauthWords, string(said.Error)) {
		return "", ""
	}
	return string(said.Error), cut(string(said.Description), longestLine)
}

// wordFault decides what OAuth's word means, or returns nil for none.
func wordFault(op, word, description string) *domain.CallError {
	switch {
	case word == "":
		return nil
	case word == wordRedirect, op == opExchange && strings.Contains(strings.ToLower(description), "redirect"):
		return redirectUnknown(op)
	case word == "invalid_grant":
		return deadGrant(op, nil)
	case word == "invalid_scope":
		return scopeRefused(op)
	case word == "invalid_client", word == "unauthorized_client":
		return badCredentials(op)
	}
	return misconfigured(op, settingSecret, domain.FaultRequestRefused)
}

func redirectUnknown(op string) *domain.CallError {
	return misconfigured(op, settingPublicURL, domain.FaultRedirectUnknown)
}

func scopeRefused(op string) *domain.CallError {
	return misconfigured(op, settingID, domain.FaultScopeRefused)
}

// statusFault is an answer without an OAuth error.
func statusFault(op string, resp *http.Response) *domain.CallError {
	switch status := resp.StatusCode; {
	case status == http.StatusTooManyRequests:
		f := faultOf(op, domain.Allowance, domain.CodeAllowanceExceeded, domain.FaultSignInBusy, domain.About{}, nil)
		f.After = retryAfter(resp.Header)
		return f
	case status >= 300 && status < 400:
		return movedFault(op, resp.Header.Get("Location"))
	default:
		f := passing(op, domain.FaultSignInServer, domain.About{Status: status}, nil)
		f.After = retryAfter(resp.Header)
		return f
	}
}

// misconfigured is a fault of the engine's own settings, not of a firm's: what waits for it goes on
// by itself once the operators have corrected the setting. Where somebody is connecting,
// nothing waits.
func misconfigured(op, setting string, fault domain.Fault) *domain.CallError {
	class := domain.Retryable
	if domain.Connects(domain.OpOf(op)) {
		class = domain.Permanent
	}
	return faultOf(op, class, domain.CodeMisconfigured, fault, domain.About{Setting: setting}, nil)
}

func badCredentials(op string) *domain.CallError {
	if op == opOwn || op == opOwnFirst {
		return misconfigured(op, settingOwn, domain.FaultCredentialsRefused)
	}
	return misconfigured(op, settingSecret, domain.FaultCredentialsRefused)
}

func deadGrant(op string, cause error) *domain.CallError {
	fault := domain.FaultSignInEnded
	if op == opExchange {
		fault = domain.FaultCodeEnded
	}
	return faultOf(op, domain.SignIn, domain.CodeReauthorizationRequired, fault, domain.About{}, cause)
}

// lostToken is a call to the token endpoint without a usable answer.
func lostToken(op string, err error) *domain.CallError {
	if f := nobodyThere(op, settingAuth, err); f != nil {
		return f
	}
	return passing(op, domain.FaultSignInUnanswered, domain.About{}, withoutURL(err))
}

// nobodyThere is the fault of a host to which no connection comes about, or nil. That may
// pass, and it may be the wrong host: the fault names the setting.
func nobodyThere(op, setting string, err error) *domain.CallError {
	var dial *net.OpError
	var unknown *net.DNSError
	if !errors.As(err, &unknown) && (!errors.As(err, &dial) || dial.Op != "dial") {
		return nil
	}
	return passing(op, domain.FaultUnreachable, domain.About{Setting: setting}, withoutURL(err))
}
