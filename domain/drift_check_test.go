package domain_test

import (
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

// TestACheckThatAnotherOneIncludesIsNotAskedFor: of a matter while it, or all of the firm, is to be
// read; the next one after that is.
func TestACheckThatAnotherOneIncludesIsNotAskedFor(t *testing.T) {
	all, one, other := domain.DriftCheckAsked{Check: "k_all"}, domain.DriftCheckAsked{Check: "k_1", Matter: "m_1"}, domain.DriftCheckAsked{Check: "k_2", Matter: "m_2"}
	for name, c := range map[string]struct {
		open []domain.Event
		ask  domain.DriftCheckAsked
		want []domain.Event
	}{
		"nothing is under way":           {nil, one, list(one)},
		"the same matter is":             {list(one), domain.DriftCheckAsked{Check: "k_3", Matter: "m_1"}, nil},
		"another matter is":              {list(one), other, list(other)},
		"all of them are":                {list(all), one, nil},
		"a matter is, and all are meant": {list(one), all, list(all)},
		"the same matter was":            {list(one, other, domain.DriftCheckMarked{Check: "k_1"}), one, list(one)},
		"the other one is still":         {list(one, other, domain.DriftCheckMarked{Check: "k_1"}), other, nil},
	} {
		t.Run(name, func(t *testing.T) { then(t, given[domain.DriftChecks](c.open...).Ask(c.ask), c.want...) })
	}
}

// TestACheckIsFinishedOnce: what is under way is marked, what is not, is not.
func TestACheckIsFinishedOnce(t *testing.T) {
	one := domain.DriftCheckAsked{Check: "k_1", Matter: "m_1"}
	marked := domain.DriftCheckMarked{Check: "k_1", Resources: 2}
	then(t, given[domain.DriftChecks](one).Finish("k_1", 2), marked)
	then(t, given[domain.DriftChecks](one).Finish("k_2", 2))
	then(t, given[domain.DriftChecks](one, marked).Finish("k_1", 2))
}

// TestAReadThatIsToBeMadeAnywayIsNotAskedFor: neither twice, nor while a webhook waits for its read.
func TestAReadThatIsToBeMadeAnywayIsNotAskedFor(t *testing.T) {
	asked := domain.ReadAsked{Check: "k_1"}
	then(t, domain.Hints{}.AskRead("k_1"), asked)
	wanted := given[domain.Hints](asked)
	if !wanted.Wanted {
		t.Fatalf("a read that was asked for is not wanted: %+v", wanted)
	}
	then(t, wanted.AskRead("k_2"))
	told := given[domain.Hints](domain.ChangeFound{Resource: "sb_1"})
	if !told.Pending() {
		t.Fatalf("a change that was found waits for no read: %+v", told)
	}
	then(t, told.AskRead("k_2"))
}
