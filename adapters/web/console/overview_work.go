package console

import (
	"cmp"

	"github.com/casehug/smokeball-sync/adapters/web/words"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// shownOfEach is how many things of one kind are shown one by one.
const shownOfEach = 3

// failed are the matters whose last sync failed, the newest one by one.
func (f finder) failed() (list []attention, err error) {
	all := f.counts.States[projections.MatterFailed]
	if all == 0 {
		return nil, nil
	}
	rows, _, err := f.Matters.Matters(f.v.firm(), projections.MatterQuery{State: projections.MatterFailed, Limit: shownOfEach})
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		e, ok, err := f.History.Sync(f.v.firm(), r.LastSync)
		if err != nil {
			return nil, err
		}
		if ok && e.Error != nil {
			list = append(list, attention{"bad", "bad", "A sync failed: " + cmp.Or(e.Title, string(e.Matter)), words.Sentence(e.Error.Message) + " " + e.Error.Remedy, f.seeing(f.remedyOf(f.v, e), e)})
		}
	}
	if more := all - len(list); more > 0 {
		list = append(list, attention{"bad", "bad", words.Plural(more, "more failed sync"), "The last sync of each of these matters failed.", remedy{Label: "See them", Href: "/matters?state=failed", Who: "you or anyone at your firm"}})
	}
	return list, nil
}

// seeing leads to the sync where the reader has no button for it.
func (f finder) seeing(r remedy, e projections.Entry) remedy {
	if r.Label == "" {
		return r.leading("See the sync", "/history/"+string(e.ID))
	}
	return r
}

// waiting is what syncs wait for until a person acts: a mapping for each case type, a decision,
// the operators.
func (f finder) waiting() (list []attention, err error) {
	types, rest, shown := 0, 0, 0
	for _, c := range f.counts.Causes {
		switch {
		case c.State != projections.MatterWaiting:
		case c.Code == domain.CodeMatterTypeUnmapped && shown == shownOfEach:
			types, rest = types+1, rest+c.Number
		case c.Code == domain.CodeMatterTypeUnmapped:
			a, err := f.unmapped(c)
			if err != nil {
				return nil, err
			}
			list, shown = append(list, a), shown+1
		case c.Code == domain.CodeMatterUnlinked:
			list = append(list, attention{"warn", "wait", waitFor(c.Number, "a decision"), "A firm admin unlinked them, and nobody has said since what they are to become in Smokeball.",
				f.admins(remedy{Label: "Decide", Href: "/matters?state=waiting"})})
		case c.Code == domain.CodeMisconfigured && f.status() != domain.StatusError:
			list = append(list, attention{"warn", "server", waitFor(c.Number, "CaseHug’s operators"), "CaseHug is not set up as Smokeball expects.", remedy{Who: "CaseHug’s operators"}})
		}
	}
	if types > 0 {
		list = append(list, attention{"warn", "wait", waitFor(rest, "a mapping"), words.Plural(types, "more case type") + " without a Smokeball matter type.",
			f.admins(remedy{Label: "Choose matter types", Href: mappingsPath})})
	}
	return list, nil
}

// unmapped is a case type that matters wait with.
func (f finder) unmapped(c projections.CauseCount) (attention, error) {
	rows, err := f.Numbers.MattersOf(f.v.firm(), c, 1)
	if err != nil || len(rows) == 0 {
		return attention{}, err
	}
	m := rows[0]
	goOn := "It goes on by itself once one is chosen."
	if c.Number > 1 {
		goOn = "They go on by themselves once one is chosen."
	}
	return attention{"warn", "wait", waitFor(c.Number, "a mapping"), "“" + m.Matter.Data.CaseType + "” has no Smokeball matter type. " + goOn,
		f.admins(remedy{What: m.Matter.Data.CaseType}.leading("Choose a matter type", mappingsPath+"?matter="+string(m.ID)+"#edit"))}, nil
}

// waitFor says that so many matters wait.
func waitFor(n int, what string) string {
	if n == 1 {
		return "1 matter waits for " + what
	}
	return words.Count(uint64(n)) + " matters wait for " + what
}

// undecided are the matters that a bulk sync left to a person.
func (f finder) undecided() []attention {
	n := f.counts.States[projections.MatterUndecided]
	if n == 0 {
		return nil
	}
	return []attention{{"warn", "alert", waitFor(n, "a decision after a bulk sync"), "Smokeball has a matter with the same case number and another client. A person says whether it is the same one.",
		f.admins(remedy{Label: "Decide", Href: "/matters?state=undecided"})}}
}

// differing is what is known to differ from Smokeball.
func (f finder) differing(n projections.DriftCount) []attention {
	if n.Matters+n.Clients == 0 {
		return nil
	}
	what := words.Plural(n.Matters, "matter")
	switch {
	case n.Matters == 0:
		what = words.Plural(n.Clients, "client")
	case n.Clients > 0:
		what += " and " + words.Plural(n.Clients, "client")
	}
	verb := " differ from Smokeball"
	if n.Matters+n.Clients == 1 {
		verb = " differs from Smokeball"
	}
	return []attention{{"warn", "differs", what + verb, "Accept Smokeball’s value or write CaseHug’s, field by field.", f.admins(remedy{Label: "Review", Href: "/drift"})}}
}

// deadLetters are the events that could not be taken in.
func (f finder) deadLetters() []attention {
	n := f.row.DeadLetters.Open
	if n == 0 {
		return nil
	}
	return []attention{{"", "dead", words.Plural(n, "event") + " from CaseHug failed validation", "Each is kept as received, with the reason for each field.", f.admins(remedy{Label: "Review", Href: "/dead-letters"})}}
}

// newestBulks is how many bulk syncs are looked at for one that waits.
const newestBulks = 5

// bulks are bulk syncs that are paused.
func (f finder) bulks() (list []attention, err error) {
	rows, _, err := f.Bulks.Bulks(f.v.firm(), 0, newestBulks)
	for _, r := range rows {
		if p := r.Progress; p.Status == domain.BulkPaused {
			through := 0
			for _, n := range p.Results {
				through += n
			}
			list = append(list, attention{"", "pause", "A bulk sync of " + words.Plural(p.Total, "matter") + " is paused", words.Count(uint64(through)) + " are done. It goes on where it stopped.",
				f.admins(remedy{}.posting("Resume", "/bulk-syncs/"+string(r.ID)+"/resume"))})
		}
	}
	return list, err
}
