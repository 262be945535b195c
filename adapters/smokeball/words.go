package smokeball

import (
	"strings"

	"github.com/casehug/smokeball-sync/domain"
)

// The remedies that more than one failure has. Each says who must act.
const (
	weRetry      = "We try again by ourselves."
	connectAgain = "A firm admin connects CaseHug to Smokeball again under Settings → Integrations."
	supportLooks = "CaseHug support looks into it."
	revokeThere  = "CaseHug forgets the sign-in all the same. A firm admin removes the app CaseHug inside Smokeball, too."
)

// spoken turns an operation into part of a sentence: "create matter" into "create the
// matter".
func spoken(op string) string { return strings.Replace(op, " ", " the ", 1) }

// correction says what to correct in CaseHug where Smokeball refuses a write.
func correction(op string) string {
	_, thing, _ := strings.Cut(op, " ")
	switch thing {
	case "matter":
		return "Correct the matter in CaseHug and sync it again."
	case "contact":
		return "Correct the client in CaseHug and sync again."
	case "file":
		return "Correct the document in CaseHug and sync again."
	}
	return supportLooks
}

func faultOf(op string, class domain.Class, code domain.Code, message, remedy string, cause error) *domain.CallError {
	return &domain.CallError{
		Op:      op,
		Class:   class,
		Failure: domain.Failure{Code: code, Message: message + ".", Remedy: remedy},
		Err:     cause,
	}
}

func notConnected(cause error) *domain.CallError {
	return faultOf("sign in", domain.SignIn, domain.CodeNotConnected,
		"The firm is not connected to Smokeball",
		"A firm admin connects CaseHug to Smokeball under Settings → Integrations.", cause)
}

func storeFault(cause error) *domain.CallError {
	return faultOf("sign in", domain.Retryable, domain.CodeInternal,
		"The firm’s sign-in cannot be read from its store", weRetry, cause)
}

// abandoned is a call that its own caller gave up before it was sent.
func abandoned(op string, cause error) *domain.CallError {
	return faultOf(op, domain.Retryable, domain.CodeSmokeballUnavailable,
		"The call to Smokeball was given up before it was sent", weRetry, cause)
}

// movedFault is a redirect, which is never followed: the credentials go to no other host.
func movedFault(op, location string) *domain.CallError {
	f := faultOf(op, domain.Retryable, domain.CodeSmokeballUnavailable,
		"Smokeball’s address redirects to "+or(hostname(location), "another place"),
		"We try again by ourselves. If it lasts, CaseHug’s operators check SMOKEBALL_REGION, SMOKEBALL_ENVIRONMENT, SMOKEBALL_API_URL and SMOKEBALL_AUTH_URL.", nil)
	f.Setting = settingAPI
	return f
}
