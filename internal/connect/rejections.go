package connect

import "github.com/casehug/smokeball-sync/domain"

const connectAgain = "A firm admin clicks “Connect to Smokeball” again under Settings → Integrations."

func expired() *domain.Rejection {
	return &domain.Rejection{Reason: domain.Expired, Failure: domain.Failure{
		Code: domain.CodeAuthorizationExpired, Remedy: connectAgain,
		Message: "The authorization link is used up or older than 10 minutes",
	}}
}

func foreign() *domain.Rejection {
	return &domain.Rejection{Reason: domain.Denied, Failure: domain.Failure{
		Code:    domain.CodeForbidden,
		Message: "The authorization link was made for somebody else",
		Remedy:  "Whoever clicked “Connect to Smokeball” finishes it in the same browser.",
	}}
}

func denied(word string) *domain.Rejection {
	f := domain.Failure{Code: domain.CodeAuthorizationDenied, Remedy: connectAgain,
		Message: "Smokeball did not authorize CaseHug"}
	if word == "access_denied" {
		f.Message = "Somebody clicked “Deny” on Smokeball's page"
	} else if word != "" && domain.ValidID(word) {
		f.Message += " (" + word + ")"
	}
	return &domain.Rejection{Reason: domain.Denied, Failure: f}
}

// notRedeemed tells that consent was given and could not be made use of.
func notRedeemed(err error) *domain.Rejection {
	f := domain.Failure{Code: domain.CodeSmokeballUnavailable, Remedy: connectAgain,
		Message: "Smokeball's consent could not be exchanged for access"}
	if ce := domain.AsCallError(err); ce != nil {
		f = ce.Failure
		if ce.Class != domain.Permanent { // else clicking again would not help
			f.Remedy = connectAgain
		}
	}
	return &domain.Rejection{Reason: domain.Conflict, Failure: f}
}

func notConnected() *domain.Rejection {
	return &domain.Rejection{Reason: domain.Conflict, Failure: domain.Failure{
		Code: domain.CodeNotConnected, Message: "The firm is not connected to Smokeball", Remedy: connectAgain,
	}}
}
