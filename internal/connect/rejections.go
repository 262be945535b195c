package connect

import "github.com/casehug/smokeball-sync/domain"

const connectAgain = "A firm admin clicks “Connect to Smokeball” again under Settings → Integrations."

func expired() *domain.Rejection {
	return &domain.Rejection{Reason: domain.Expired, Failure: domain.Failure{
		Code: domain.CodeAuthorizationExpired, Remedy: connectAgain,
		Message: "The authorization link is older than 10 minutes, or not one of ours",
	}}
}

func usedUp() *domain.Rejection {
	return &domain.Rejection{Reason: domain.Expired, Failure: domain.Failure{
		Code: domain.CodeAuthorizationUsed, Message: "The authorization link was used already",
		Remedy: "Look under Settings → Integrations whether Smokeball is connected. If not, a firm admin clicks “Connect to Smokeball” again there.",
	}}
}

func replaced() *domain.Rejection {
	return &domain.Rejection{Reason: domain.Expired, Failure: domain.Failure{
		Code: domain.CodeAuthorizationReplaced, Message: "A newer authorization link has replaced this one",
		Remedy: "Finish the newer one, or click “Connect to Smokeball” again under Settings → Integrations.",
	}}
}

func otherBrowser() *domain.Rejection {
	return &domain.Rejection{Reason: domain.Denied, Failure: domain.Failure{
		Code:    domain.CodeAuthorizationForeign,
		Message: "The question was asked in another browser than this one",
		Remedy:  "Answer it where it was asked, or begin again: a firm admin clicks “Connect to Smokeball” under Settings → Integrations.",
	}}
}

func noLongerAdmin() *domain.Rejection {
	return &domain.Rejection{Reason: domain.Denied, Failure: domain.Failure{
		Code: domain.CodeForbidden, Remedy: connectAgain,
		Message: "Whoever made the authorization link is no firm admin any more",
	}}
}

func declined() *domain.Rejection {
	return &domain.Rejection{Reason: domain.Denied, Failure: domain.Failure{
		Code: domain.CodeAuthorizationDenied, Remedy: connectAgain,
		Message: "Somebody answered that this Smokeball account is not to be connected",
	}}
}

func unanswered() *domain.Rejection {
	return &domain.Rejection{Reason: domain.Expired, Failure: domain.Failure{
		Code: domain.CodeAuthorizationExpired, Remedy: connectAgain,
		Message: "Nobody answered within 10 minutes whether the Smokeball account is to be connected, so its consent was given back",
	}}
}

func wrongIssuer() *domain.Rejection {
	return &domain.Rejection{Reason: domain.Denied, Failure: domain.Failure{
		Code:    domain.CodeWrongIssuer,
		Message: "The answer does not come from Smokeball’s sign-in: it names another issuer",
		Remedy:  connectAgain + " If it happens again, CaseHug’s operators compare SMOKEBALL_ISSUER with what Smokeball sends.",
	}}
}

// denied returns why Smokeball led the browser back without a code.
func (au *Authorizer) denied(f domain.FirmID, word string) *domain.Rejection {
	switch word {
	case "access_denied", "":
		message := "Smokeball did not authorize CaseHug"
		if word != "" {
			message = "Somebody clicked “Deny” on Smokeball’s page"
		}
		return &domain.Rejection{Reason: domain.Denied, Failure: domain.Failure{Code: domain.CodeAuthorizationDenied, Remedy: connectAgain, Message: message}}
	case "server_error", "temporarily_unavailable":
		return &domain.Rejection{Reason: domain.Denied, Failure: domain.Failure{Code: domain.CodeAuthorizationDenied, Remedy: connectAgain,
			Message: "Smokeball could not ask for the consent (" + word + ")"}}
	}
	if !domain.ValidID(word) {
		word = "a word that is none of OAuth’s"
	}
	return au.notRedeemed(f, &domain.CallError{Op: "ask for consent", Class: domain.Permanent, Setting: "SMOKEBALL_CLIENT_ID", Failure: domain.Failure{
		Code: domain.CodeMisconfigured, Message: "Smokeball does not take CaseHug’s request for consent (" + word + ")",
		Remedy:    "CaseHug’s operators compare SMOKEBALL_CLIENT_ID, ENGINE_PUBLIC_URL and the app’s permissions with what Smokeball has registered.",
		Smokeball: &domain.Refusal{Title: word}}})
}

// notRedeemed is the refusal of a consent that was given and could not be used. What operators
// must correct is logged under the reference that the admin reads.
func (au *Authorizer) notRedeemed(firm domain.FirmID, err error) *domain.Rejection {
	f := domain.Failure{Code: domain.CodeSmokeballUnavailable, Remedy: connectAgain,
		Message: "Smokeball’s consent could not be exchanged for access"}
	ce := domain.AsCallError(err)
	if ce != nil {
		var reference string
		f, reference = forAdmins(ce)
		if ce.Setting == "" && ce.Class != domain.Permanent { // else clicking again would not help
			f.Remedy = connectAgain
		}
		report(au.log, "a firm could not be connected to Smokeball", firm, ce, reference)
	}
	return &domain.Rejection{Reason: domain.Conflict, Failure: f}
}

func notConnected() *domain.Rejection {
	return &domain.Rejection{Reason: domain.Conflict, Failure: domain.Failure{
		Code: domain.CodeNotConnected, Message: "Connect to Smokeball first",
		Remedy: "A firm admin clicks “Connect to Smokeball” under Settings → Integrations.",
	}}
}

func noWebhooks() *domain.Rejection {
	return &domain.Rejection{Reason: domain.Conflict, Failure: domain.Failure{
		Code: domain.CodeNoWebhooks, Message: "The firm has no webhook subscription",
		Remedy: "A firm admin clicks “Register Webhooks” under Settings → Integrations → Smokeball → Advanced.",
	}}
}
