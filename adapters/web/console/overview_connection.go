package console

import (
	"cmp"

	"github.com/casehug/smokeball-sync/adapters/web/words"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// connection is what waits for a person before Smokeball serves the firm, or goes on to.
func (f finder) connection() (list []attention) {
	c, now := f.row.Connection, f.Now()
	if c.Asks(now) {
		list = append(list, attention{"warn", "alert", "Is " + c.Pending.Account.Name + " the right Smokeball account?",
			"Somebody signed in to another account than before. Without an answer nothing changes.", f.admins(remedy{Label: "Answer", Href: "/integrations"})})
	}
	switch c.Status(now) {
	case domain.StatusDisconnected:
		return append(list, f.notConnected())
	case domain.StatusAuthorizing:
		return append(list, attention{"", "plug", "A connection to Smokeball is being made",
			"It waits until a firm admin signs in to Smokeball and clicks “Allow”." + f.held(), f.admins(remedy{Label: "See the link", Href: "/integrations"})})
	case domain.StatusReauthorizeSoon:
		return append(list, attention{"warn", "alert", "The sign-in to Smokeball ends on " + c.ReauthorizeBy.UTC().Format(dayLayout),
			"Smokeball ends every sign-in after a time, and only a person can renew it. Until then syncs go on as usual.", f.admins(remedy{}.posting("Sign in again", "/integrations/connect"))})
	case domain.StatusReauthorizationRequired:
		return append(list, attention{"bad", "bad", "The sign-in to Smokeball has ended", "Nothing is lost." + f.held(), f.admins(remedy{}.posting("Sign in again", "/integrations/connect"))})
	case domain.StatusRevoked:
		return append(list, attention{"bad", "cancel", "CaseHug was removed in Smokeball", "Nothing is lost." + f.held(), f.admins(remedy{}.posting("Connect to Smokeball", "/integrations/connect"))})
	case domain.StatusError:
		if c.Trouble.Failure.Code == domain.CodeMisconfigured {
			list = append(list, f.misconfigured(*c.Trouble))
		}
	}
	return list
}

// dayLayout is a day in a sentence.
const dayLayout = "January 2, 2006"

func (f finder) notConnected() attention {
	a := attention{"warn", "plug", "CaseHug is not connected to Smokeball", "Nothing is sent until it is." + f.held(), f.admins(remedy{}.posting("Connect to Smokeball", "/integrations/connect"))}
	if at := f.row.Lately.EndedAt; !at.IsZero() {
		a.Text = "Disconnected by " + cmp.Or(f.v.nameOf(f.row, f.row.Lately.EndedBy), "a firm admin") + ", " + at.UTC().Format(dayLayout) + ". Nothing is sent until it is connected again." + f.held()
	}
	return a
}

func (f finder) misconfigured(t domain.Trouble) attention {
	known := projections.FailureOf(&t.Failure)
	return attention{"bad", "server", "CaseHug is not set up as Smokeball expects", words.Sentence(known.Message) + " " + known.Remedy + f.held(), remedy{Who: "CaseHug’s operators"}}
}

// held says how many syncs wait for the connection.
func (f finder) held() string {
	n := f.History.Queue(f.v.firm()).Waiting
	if n == 0 {
		return ""
	}
	return " " + words.Plural(n, "sync") + " waiting."
}

// webhooks is what keeps Smokeball from telling of changes.
func (f finder) webhooks() []attention {
	if f.connectionWaits() {
		return nil
	}
	register := remedy{}.posting("Register Webhooks", "/integrations/webhooks")
	switch f.row.WebhooksStatus(f.Now()) {
	case "lost":
		return []attention{{"warn", "hook", "Smokeball’s webhooks do not reach CaseHug", "We restore them by ourselves. Meanwhile changes in Smokeball are found by looking.", f.admins(register)}}
	case "none":
		return []attention{{"", "hook", "Smokeball does not tell CaseHug of changes", "Without webhooks syncs are confirmed by asking, and changes in Smokeball are found by looking.", f.admins(register)}}
	}
	return nil
}
