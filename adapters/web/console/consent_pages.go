package console

import (
	"cmp"

	"github.com/casehug/smokeball-sync/adapters/web/auth"
	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/adapters/web/problem"
	"github.com/casehug/smokeball-sync/adapters/web/words"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/wording"
)

// questionPage asks whether to connect the firm to the account, in a browser that is not that
// of the admin who made the link: it shows the person who consented for which firm.
func questionPage(q ports.Question) auth.ErrorPage {
	account, firm := cmp.Or(q.Account.Name, q.Account.ID), string(q.Firm)
	if q.Called != "" {
		firm = q.Called + " (" + firm + ")"
	}
	return auth.ErrorPage{Title: "Connect?", Icon: "plug", Heading: "Connect " + account + " to " + firm + "?",
		Text: []string{
			"Smokeball account: " + account + ". CaseHug firm: " + firm + ". The link was made by " + q.By + " of that firm, who is not signed in to CaseHug in this browser.",
			"If you connect them, everybody of the CaseHug firm " + firm + " can send matters, clients and documents into this Smokeball account, and read its matters. If you do not know that firm, or did not expect this, answer No.",
			"Nothing is connected yet. Without an answer by " + q.Expires.UTC().Format(wording.MomentLayout) + " the access is given back to Smokeball.",
		},
		Form: &auth.Question{Action: "/oauth/smokeball/confirm", Hidden: []auth.Field{{Name: "grant", Value: q.ID}},
			Yes: "Connect " + account + " to " + firm, No: "No, do not connect"}}
}

// finishedPage is the outcome for a browser that is not signed in.
func finishedPage(done ports.Completed) auth.ErrorPage {
	open := []auth.Link{{Label: "Open Smokeball sync", Href: "/integrations", Go: true}}
	if done.Asks {
		return auth.ErrorPage{Title: "One question left", Icon: "plug", Heading: "This is another Smokeball account than before",
			Text: []string{"Nothing was changed. A firm admin confirms the account under Settings → Integrations within 10 minutes, or keeps the one before."}, Links: open}
	}
	return auth.ErrorPage{Title: "Connected", Icon: "ok", Heading: "Smokeball is connected",
		Text: []string{"CaseHug may now send matters, clients and approved documents to Smokeball. You can close this page."}, Links: open}
}

// unfinishedPage says why there is no connection, and leads on.
func unfinishedPage(p *problem.Problem, signedIn bool) auth.ErrorPage {
	page := whyUnfinished(p)
	page.Title = "Not finished"
	if signedIn {
		page.Links = []auth.Link{{Label: "Back to Integrations", Href: "/integrations", Go: true}}
	} else {
		page.Text = append(page.Text, "Nobody is signed in to CaseHug in this browser. Open Smokeball sync from CaseHug: it signs you in and shows how the connection stands.")
	}
	return page
}

// whyUnfinished explains the reason.
func whyUnfinished(p *problem.Problem) auth.ErrorPage {
	a := auth.ErrorPage{Icon: "plug", Heading: "Connecting to Smokeball did not work", Text: []string{words.Sentence(p.Detail) + " Nothing was changed.", p.Remedy}}
	switch p.Code {
	case domain.CodeAuthorizationDenied:
		a.Icon, a.Heading = "cancel", "Smokeball gave no access"
	case domain.CodeAuthorizationExpired:
		a.Icon, a.Heading = "wait", "This link is over"
	case domain.CodeAuthorizationUsed: // perhaps with success
		a.Icon, a.Heading, a.Text[0] = "wait", "This link was used already", "An authorization link works once. Opening it again changes nothing."
	case domain.CodeAuthorizationReplaced:
		a.Icon, a.Heading = "wait", "There is a newer link"
	case domain.CodeAuthorizationForeign:
		a.Icon, a.Heading = "lock", "This link is somebody else’s"
	case domain.CodeWrongIssuer:
		a.Icon, a.Heading = "alert", "This answer is not from Smokeball"
	case domain.CodeAccountInUse:
		a.Icon, a.Heading = "alert", "This Smokeball account is taken"
	}
	return a
}
