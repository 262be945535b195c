package wording

import (
	"cmp"

	"github.com/casehug/smokeball-sync/domain"
)

var connectionFaults = sentences{
	domain.FaultNotConnected:       always("The firm is not connected to Smokeball", connectFirst),
	domain.FaultAccessRemoved:      always("CaseHug’s access was removed in Smokeball", connectAgain),
	domain.FaultAuthorizationEnded: always("Smokeball’s authorization of CaseHug has ended", connectAgain),
	domain.FaultOtherAccount: always("The sign-in that CaseHug keeps is for another Smokeball account than the one the firm is connected to, so nothing more is sent through it",
		"A firm admin connects to Smokeball again under Settings → Integrations. What waits goes on by itself then."),
	domain.FaultSignInUnreadable: always("The firm’s sign-in cannot be read from its store", weRetry),
	domain.FaultAccountInUse: always("Another firm in CaseHug is connected to this Smokeball account",
		"Sign in to your own firm’s Smokeball account. If it is yours, CaseHug’s support finds out who is connected to it."),
	domain.FaultNoOwnApp: always("The firm has no Smokeball app of its own", supportLooks),
}

var consentFaults = sentences{
	domain.FaultLinkExpired: always("The authorization link is older than 10 minutes, or not one of ours", clickAgain),
	domain.FaultLinkUsed: always("The authorization link was used already",
		"Look under Settings → Integrations whether Smokeball is connected. If not, a firm admin clicks “Connect to Smokeball” again there."),
	domain.FaultLinkReplaced: always("A newer authorization link has replaced this one",
		"Finish the newer one, or click “Connect to Smokeball” again under Settings → Integrations."),
	domain.FaultOtherBrowser: always("The question was asked in another browser than this one",
		"Answer it where it was asked, or begin again: a firm admin clicks “Connect to Smokeball” under Settings → Integrations."),
	domain.FaultNoLongerAdmin:   always("Whoever made the authorization link is no firm admin any more", clickAgain),
	domain.FaultAccountDeclined: always("Somebody answered that this Smokeball account is not to be connected", clickAgain),
	domain.FaultAccountUnanswered: always("Nobody answered within 10 minutes whether the Smokeball account is to be connected, so its consent was given back",
		clickAgain),
	domain.FaultOtherIssuer: always("The answer does not come from Smokeball’s sign-in: it names another issuer",
		clickAgain+" If it happens again, CaseHug’s operators compare SMOKEBALL_ISSUER with what Smokeball sends."),
	domain.FaultConsentDenied:   always("Somebody clicked “Deny” on Smokeball’s page", clickAgain),
	domain.FaultConsentNotGiven: always("Smokeball did not authorize CaseHug", clickAgain),
	domain.FaultConsentFailed: func(s subject) words {
		return words{"Smokeball could not ask for the consent" + s.named(), clickAgain}
	},
	domain.FaultConsentNotExchanged: func(s subject) words {
		return words{"Smokeball’s consent could not be exchanged for access" + s.within(": "), clickAgain}
	},
	domain.FaultCodeEnded: always("Smokeball does not accept the sign-in code: it has ended or was used before", clickAgain),
}

var webhookFaults = sentences{
	domain.FaultNoWebhooks: always("The firm has no webhook subscription", "A firm admin clicks “Register Webhooks” under Settings → Integrations → Smokeball → Advanced."),
	domain.FaultWebhooksSilent: func(s subject) words {
		return words{"Smokeball has our webhook subscription, and its test notification did not arrive at " + cmp.Or(s.Value, "this engine"),
			"CaseHug’s operators check that Smokeball can reach ENGINE_PUBLIC_URL (" + cmp.Or(s.Value, "this engine") + ") from outside. " + syncsGoOn + " Webhooks recover by themselves."}
	},
	domain.FaultWebhooksGone: always("Smokeball no longer has our webhook subscription", "It is registered again by itself within minutes. "+syncsGoOn),
	domain.FaultWebhooksNotRenewed: func(s subject) words {
		return words{"The webhook subscription could not be renewed" + s.within(": "), "It is retried automatically. " + syncsGoOn}
	},
	domain.FaultAppStillAllowed: func(s subject) words {
		return words{"CaseHug has forgotten its sign-in; in Smokeball the app is still allowed" + s.within(". "), "A firm admin removes the app CaseHug inside Smokeball, too."}
	},
	domain.FaultLeftUnreached: always("Smokeball was out of reach: it may still have CaseHug’s webhook subscription and authorization, which do nothing here any more",
		"They end by themselves. A firm admin can remove CaseHug inside Smokeball to end them at once."),
}

var signInFaults = sentences{
	domain.FaultSignInBusy: always("Smokeball’s sign-in takes no more calls for now", weRetry),
	domain.FaultSignInServer: func(s subject) words {
		if s.Op == domain.OpEndSignIn {
			return words{"Smokeball’s sign-in answers with a fault" + s.status(), removeThere}
		}
		return words{"Smokeball’s sign-in answers with a fault" + s.status(), weRetry}
	},
	domain.FaultSignInUnanswered: always("Smokeball’s sign-in gives no answer that can be read", weRetry),
	domain.FaultSignInEnded:      always("Smokeball no longer accepts the firm’s sign-in", connectAgain),
	domain.FaultNoRevocation:     always("Smokeball’s sign-in offers no way to end the firm’s sign-in from here", removeThere),
	domain.FaultRevocationRefused: func(s subject) words {
		return words{"Smokeball’s sign-in refuses to end the firm’s sign-in" + s.status(), removeThere}
	},
	domain.FaultAppRefused: func(s subject) words {
		correct := "correct SMOKEBALL_API_KEY"
		if s.Setting == domain.SettingPrivateApps {
			correct = "correct api_key of the firm in SMOKEBALL_PRIVATE_APPS_FILE"
		}
		return words{"Smokeball refuses CaseHug itself (403)" + s.because(), s.operators(correct + ", and have Smokeball grant the app the permissions of the list under Settings → Integrations")}
	},
	domain.FaultRequestRefused: func(s subject) words {
		return words{"Smokeball’s sign-in refuses the request" + s.named(), s.operators("compare SMOKEBALL_CLIENT_ID, SMOKEBALL_CLIENT_SECRET and SMOKEBALL_AUTH_URL with what Smokeball gave the app")}
	},
	domain.FaultRedirectUnknown: func(s subject) words {
		return words{"Smokeball does not know the address that it should lead people back to",
			s.operators("register ENGINE_PUBLIC_URL followed by /oauth/smokeball/callback at Smokeball as the app’s redirect address, to the letter")}
	},
	domain.FaultScopeRefused: func(s subject) words {
		return words{"Smokeball has not granted the app all permissions that CaseHug asks for",
			s.operators("have Smokeball grant the app of SMOKEBALL_CLIENT_ID the permissions of the list under Settings → Integrations")}
	},
	domain.FaultCredentialsRefused: func(s subject) words {
		if s.Setting == domain.SettingPrivateApps {
			return words{"Smokeball’s sign-in does not accept the credentials of the firm’s own app", s.operators("correct client_id and client_secret of the firm in SMOKEBALL_PRIVATE_APPS_FILE")}
		}
		return words{"Smokeball’s sign-in does not accept CaseHug’s credentials", s.operators("correct SMOKEBALL_CLIENT_ID and SMOKEBALL_CLIENT_SECRET")}
	},
	domain.FaultAppUnknown: func(s subject) words {
		return words{"Smokeball’s sign-in does not know CaseHug’s app" + s.named(), s.operators("compare SMOKEBALL_CLIENT_ID, SMOKEBALL_REGION and SMOKEBALL_ENVIRONMENT with what Smokeball gave the app")}
	},
	domain.FaultConsentRefused: func(s subject) words {
		return words{"Smokeball does not take CaseHug’s request for consent" + s.named(), s.operators("compare SMOKEBALL_CLIENT_ID, ENGINE_PUBLIC_URL and the app’s permissions with what Smokeball has registered")}
	},
}

// operators is what operators do about a setting. Where somebody is connecting, nothing waits.
func (s subject) operators(do string) string {
	if domain.Connects(s.Op) {
		return "CaseHug’s operators " + do + ". Then a firm admin clicks “Connect to Smokeball” again."
	}
	return "CaseHug’s operators " + do + "; waiting syncs go on by themselves then."
}
