package console

import (
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/adapters/web/problem"
	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/adapters/web/words"
	"github.com/casehug/smokeball-sync/domain"
)

// Retentions save how long things are kept.
type Retentions struct {
	*Shell
	Retentions ports.Retentions
}

// Save saves the choices of the form.
func (s *Retentions) Save(v pageRequest) error {
	var chosen domain.Retention
	for name, into := range map[string]*domain.Keep{"history": &chosen.History, "audit": &chosen.Audit, "dead_letters": &chosen.DeadLetters} {
		keep, ok := domain.ParseKeep(v.r.PostFormValue(name))
		if !ok {
			return problem.Invalid(name, "must be one of the choices")
		}
		*into = keep
	}
	_, position, err := s.Retentions.ChangeRetention(v.ctx(), v.user, func(domain.Retention) domain.Retention { return chosen })
	return s.then(v, position, err, "/integrations/settings?kept=1#kept")
}

// keepChoice is how long one kind of things is kept, in the form.
type keepChoice struct {
	ID, Name, Label, Words string
	Options                []option
	Gone                   keptNote
}

// keptNote says how long things of a list are kept, and what is gone.
type keptNote struct {
	For    string // "": for ever
	Before time.Time
	Count  int
}

func noteOf(k reading.Keeping) keptNote {
	n := keptNote{Before: k.Before, Count: k.Count}
	if k.For > 0 {
		n.For = keptText(k.For)
	}
	return n
}

const day = 24 * time.Hour

// keptText is a time in days or years.
func keptText(d time.Duration) string {
	switch {
	case d%(365*day) == 0:
		return words.Plural(int(d/(365*day)), "year")
	case d%day == 0:
		return words.Plural(int(d/day), "day")
	}
	return d.String()
}

// keepDays are the times that the form offers.
var keepDays = []domain.Keep{30, 90, 180, 365, 2 * 365, 3 * 365, 5 * 365, 7 * 365, 10 * 365}

// keepChoices are the choices of the form.
func keepChoices(k reading.FirmKeeps) []keepChoice {
	return []keepChoice{
		{"k-history", "history", "Sync History", "From the end of each sync on. A sync that has not ended stays.", keepOptions(k.History, 30), noteOf(k.History)},
		{"k-audit", "audit", "Audit", "A year at least, so that nobody hides what they did.", keepOptions(k.Audit, 365), noteOf(k.Audit)},
		{"k-letters", "dead_letters", "Dead letters", "From when one was taken in or discarded on. One that nobody decided about stays; after 90 days the engine discards it.", keepOptions(k.DeadLetters, 30), noteOf(k.DeadLetters)},
	}
}

func keepOptions(k reading.Keeping, least domain.Keep) []option {
	list, listed := []option{{Value: domain.KeepByDefault.String(), Label: "As the engine is set"}}, k.Chosen <= 0
	for _, days := range keepDays {
		if days >= least {
			list = append(list, option{Value: days.String(), Label: keptText(time.Duration(days) * day)})
			listed = listed || days == k.Chosen
		}
	}
	if !listed {
		list = append(list, option{Value: k.Chosen.String(), Label: keptText(time.Duration(k.Chosen) * day)})
	}
	if k.Chosen == domain.KeepByDefault {
		list[0].Label += ": " + orForever(k)
	}
	return options(k.Chosen.String(), append(list, option{Value: domain.KeepForever.String(), Label: "For ever"})...)
}

func orForever(k reading.Keeping) string {
	if k.For == 0 {
		return "for ever"
	}
	return keptText(k.For)
}

// keptPage is what a list says of how long it is kept; of makes its choice of the kinds.
func (s *Shell) keptPage(v pageRequest, of func(reading.FirmKeeps) reading.Keeping) (keptNote, error) {
	k, err := s.Kept.Of(v.firm())
	return noteOf(of(k)), err
}
