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
	settingOwn       = "SMOKEBALL_PRIVATE_APPS_FILE"
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
	return misconfigured(op, settingSecret, "Smokeball’s sign-in refuses the request ("+word+")",
		"compare SMOKEBALL_CLIENT_ID, SMOKEBALL_CLIENT_SECRET and SMOKEBALL_AUTH_URL with what Smokeball gave the app")
}

func redirectUnknown(op string) *domain.CallError {
	return misconfigured(op, settingPublicURL, "Smokeball does not know the address that it should lead people back to",
		"register ENGINE_PUBLIC_URL followed by /oauth/smokeball/callback at Smokeball as the app’s redirect address, to the letter")
}

func scopeRefused(op string) *domain.CallError {
	return misconfigured(op, settingID, "Smokeball has not granted the app all permissions that CaseHug asks for",
		"have Smokeball grant the app of SMOKEBALL_CLIENT_ID the permissions of the list under Settings → Integrations")
}

// statusFault is an answer without an OAuth error.
func statusFault(op string, resp *http.Response) *domain.CallError {
	switch status := resp.StatusCode; {
	case status == http.StatusTooManyRequests:
		f := faultOf(op, domain.Allowance, domain.CodeAllowanceExceeded, "Smokeball’s sign-in takes no more calls for now", weRetry, nil)
		f.After = retryAfter(resp.Header)
		return f
	case status >= 300 && status < 400:
		return movedFault(op, resp.Header.Get("Location"))
	default:
		f := faultOf(op, domain.Retryable, domain.CodeSmokeballUnavailable,
			fmt.Sprintf("Smokeball’s sign-in answers with a fault (%d)", status), weRetry, nil)
		f.After = retryAfter(resp.Header)
		return f
	}
}

// misconfigured is a fault of the engine's own settings, not of a firm's: what waits for it goes on
// by itself once the operators have corrected the setting. Where somebody is connecting,
// nothing waits.
func misconfigured(op, setting, message, remedy string) *domain.CallError {
	class, then := domain.Retryable, "; what waits goes on by itself then."
	if op == opExchange || op == opOwnFirst || op == opConsent {
		class, then = domain.Permanent, ". Then a firm admin clicks “Connect to Smokeball” again."
	}
	f := faultOf(op, class, domain.CodeMisconfigured, message, "CaseHug’s operators "+remedy+then, nil)
	f.Setting = setting
	return f
}

func badCredentials(op string) *domain.CallError {
	if op == opOwn || op == opOwnFirst {
		return misconfigured(op, settingOwn, "Smokeball’s sign-in does not accept the credentials of the firm’s own app",
			"correct client_id and client_secret of the firm in SMOKEBALL_PRIVATE_APPS_FILE")
	}
	return misconfigured(op, settingSecret, "Smokeball’s sign-in does not accept CaseHug’s credentials",
		"correct SMOKEBALL_CLIENT_ID and SMOKEBALL_CLIENT_SECRET")
}

func deadGrant(op string, cause error) *domain.CallError {
	message := "Smokeball no longer accepts the firm’s sign-in"
	if op == opExchange {
		message = "Smokeball does not accept the sign-in code: it has ended or was used before"
	}
	return faultOf(op, domain.SignIn, domain.CodeReauthorizationRequired, message, connectAgain, cause)
}

// lostToken is a call to the token endpoint without a usable answer.
func lostToken(op string, err error) *domain.CallError {
	if f := nobodyThere(op, settingAuth, err); f != nil {
		return f
	}
	return faultOf(op, domain.Retryable, domain.CodeSmokeballUnavailable,
		"Smokeball’s sign-in gives no answer that can be read", weRetry, withoutURL(err))
}

// nobodyThere is the fault of a host to which no connection comes about, or nil. That may
// pass, and it may be the wrong host: the fault names the setting.
func nobodyThere(op, setting string, err error) *domain.CallError {
	var dial *net.OpError
	var unknown *net.DNSError
	if !errors.As(err, &unknown) && (!errors.As(err, &dial) || dial.Op != "dial") {
		return nil
	}
	f := faultOf(op, domain.Retryable, domain.CodeSmokeballUnavailable, "Smokeball cannot be reached",
		checkHost(setting), withoutURL(err))
	f.Setting = setting
	return f
}

func checkHost(setting string) string {
	return "We try again by ourselves. If it lasts, CaseHug’s operators check " + setting + ", SMOKEBALL_REGION and SMOKEBALL_ENVIRONMENT, and the engine’s way to the internet."
}
