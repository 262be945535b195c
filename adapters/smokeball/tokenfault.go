package smokeball

import (
	"errors"
	"fmt"
	"net/http"

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
)

// tokenFault turns an error of the token endpoint into the one error of this package.
// The endpoint's body stays out of it: only OAuth's error word is kept.
func tokenFault(op string, err error) *domain.CallError {
	var answered *oauth2.RetrieveError
	if !errors.As(err, &answered) || answered.Response == nil {
		return lostToken(op, err)
	}
	status := answered.Response.StatusCode
	cause := fmt.Errorf("token endpoint answers %d %s", status, answered.ErrorCode)
	switch {
	case answered.ErrorCode == "invalid_grant":
		return deadGrant(op, cause)
	case status == http.StatusTooManyRequests:
		return faultOf(op, domain.Allowance, domain.CodeAllowanceExceeded,
			"Smokeball's sign-in takes no more calls for now", weRetry, cause)
	case status >= 500 || status == http.StatusRequestTimeout:
		return faultOf(op, domain.Retryable, domain.CodeSmokeballUnavailable,
			fmt.Sprintf("Smokeball's sign-in answers with a fault (%d)", status), weRetry, cause)
	case status >= 300 && status < 400:
		return movedFault(op, answered.Response.Header.Get("Location"))
	case answered.ErrorCode == "invalid_scope":
		return faultOf(op, domain.Permanent, domain.CodeSmokeballRefused, "Smokeball has not granted the app all permissions that CaseHug asks for",
			"CaseHug's operators have Smokeball grant the app the permissions of the list under Settings → Integrations.", cause)
	case answered.ErrorCode == "invalid_client", answered.ErrorCode == "unauthorized_client", status == http.StatusUnauthorized:
		return badCredentials(op, cause)
	}
	return faultOf(op, domain.Permanent, domain.CodeSmokeballRefused,
		fmt.Sprintf("Smokeball's sign-in refuses the request (%d)", status), supportLooks, cause)
}

// badCredentials is the operator's to mend, not the firms': what waits for it goes on
// by itself afterwards. Where somebody is connecting, nothing waits.
func badCredentials(op string, cause error) *domain.CallError {
	class := domain.Retryable
	if op == opExchange || op == opOwnFirst {
		class = domain.Permanent
	}
	if op == opOwn || op == opOwnFirst {
		return faultOf(op, class, domain.CodeSmokeballUnavailable, "Smokeball's sign-in does not accept the credentials of the firm's own app",
			"CaseHug's operators correct client_id and client_secret of the firm in SMOKEBALL_PRIVATE_APPS_FILE; what waits goes on by itself then.", cause)
	}
	return faultOf(op, class, domain.CodeSmokeballUnavailable, "Smokeball's sign-in does not accept CaseHug's credentials",
		"CaseHug's operators correct SMOKEBALL_CLIENT_ID and SMOKEBALL_CLIENT_SECRET; what waits goes on by itself then.", cause)
}

func deadGrant(op string, cause error) *domain.CallError {
	message := "Smokeball no longer accepts the firm's sign-in"
	if op == opExchange {
		message = "Smokeball does not accept the sign-in code: it has ended or was used before"
	}
	return faultOf(op, domain.SignIn, domain.CodeReauthorizationRequired, message, connectAgain, cause)
}

// lostToken is a call to the token endpoint without a usable answer.
func lostToken(op string, err error) *domain.CallError {
	return faultOf(op, domain.Retryable, domain.CodeSmokeballUnavailable,
		"Smokeball's sign-in gives no answer", weRetry, withoutURL(err))
}
