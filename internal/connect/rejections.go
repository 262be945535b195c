package connect

import "github.com/casehug/smokeball-sync/domain"

// rejected is the rejection for a fault that has nothing to say beyond itself.
func rejected(why domain.Reason, code domain.Code, fault domain.Fault) *domain.Rejection {
	return &domain.Rejection{Reason: why, Failure: domain.Failure{Code: code, Fault: fault}}
}

func expired() *domain.Rejection {
	return rejected(domain.Expired, domain.CodeAuthorizationExpired, domain.FaultLinkExpired)
}

func usedUp() *domain.Rejection {
	return rejected(domain.Expired, domain.CodeAuthorizationUsed, domain.FaultLinkUsed)
}

func replaced() *domain.Rejection {
	return rejected(domain.Expired, domain.CodeAuthorizationReplaced, domain.FaultLinkReplaced)
}

func otherBrowser() *domain.Rejection {
	return rejected(domain.Denied, domain.CodeAuthorizationForeign, domain.FaultOtherBrowser)
}

func noLongerAdmin() *domain.Rejection {
	return rejected(domain.Denied, domain.CodeForbidden, domain.FaultNoLongerAdmin)
}

func declined() *domain.Rejection {
	return rejected(domain.Denied, domain.CodeAuthorizationDenied, domain.FaultAccountDeclined)
}

func unanswered() *domain.Rejection {
	return rejected(domain.Expired, domain.CodeAuthorizationExpired, domain.FaultAccountUnanswered)
}

func wrongIssuer() *domain.Rejection {
	return rejected(domain.Denied, domain.CodeWrongIssuer, domain.FaultOtherIssuer)
}

// denied returns why Smokeball led the browser back without a code.
func (au *Authorizer) denied(f domain.FirmID, word string) *domain.Rejection {
	switch word {
	case "":
		return rejected(domain.Denied, domain.CodeAuthorizationDenied, domain.FaultConsentNotGiven)
	case "access_denied":
		return rejected(domain.Denied, domain.CodeAuthorizationDenied, domain.FaultConsentDenied)
	case "server_error", "temporarily_unavailable":
		r := rejected(domain.Denied, domain.CodeAuthorizationDenied, domain.FaultConsentFailed)
		r.Failure.Smokeball = &domain.Refusal{Title: word}
		return r
	}
	if !domain.ValidID(word) {
		word = "a word that is none of OAuth’s"
	}
	const setting = "SMOKEBALL_CLIENT_ID"
	return au.notRedeemed(f, &domain.CallError{Op: "ask for consent", Class: domain.Permanent, Setting: setting, Failure: domain.Failure{
		Code: domain.CodeMisconfigured, Fault: domain.FaultConsentRefused, About: &domain.About{Op: domain.OpAskConsent, Setting: setting}, Smokeball: &domain.Refusal{Title: word}}})
}

// notRedeemed is the refusal of a consent that was given and could not be used. What operators
// must correct is logged under the reference that the admin reads.
func (au *Authorizer) notRedeemed(firm domain.FirmID, err error) *domain.Rejection {
	r := rejected(domain.Conflict, domain.CodeSmokeballUnavailable, domain.FaultConsentNotExchanged)
	ce := domain.AsCallError(err)
	if ce == nil {
		return r
	}
	f, reference := forAdmins(ce)
	report(au.log, "a firm could not be connected to Smokeball", firm, ce, reference)
	if ce.Setting != "" || ce.Class == domain.Permanent { // clicking again would not help
		r.Failure = f
		return r
	}
	r.Failure.Code, r.Failure.About, r.Failure.Smokeball = f.Code, &domain.About{Cause: &f}, f.Smokeball
	return r
}

func notConnected() *domain.Rejection {
	return rejected(domain.Conflict, domain.CodeNotConnected, domain.FaultNotConnected)
}

func noWebhooks() *domain.Rejection {
	return rejected(domain.Conflict, domain.CodeNoWebhooks, domain.FaultNoWebhooks)
}
