package domain_test

import (
	"errors"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

const far = 3 + domain.LongestVersionLeap

// leap reports whether the error refuses a version.
func leap(err error) bool {
	var u *domain.Unprocessable
	return errors.As(err, &u) && u.Code == domain.CodeInvalidEvent
}

// TestAVersionThatLeapsIsRefused, unless none is known, its event is on record, or it is of somebody else.
func TestAVersionThatLeapsIsRefused(t *testing.T) {
	matter := given[domain.Matter](domain.MatterCreated{Origin: ref(1), Matter: rivera(3)}, domain.MatterOutdated{Origin: ref(2), Version: 1, Current: 3})
	mattersEvent := func(n, version int) domain.CaseHugEvent { return updatedEvent(n, version) }
	client := given[domain.Client](clientUpdated(1, 3), domain.ClientOutdated{Origin: ref(2), Version: 1, Current: 3})
	clientsEvent := func(n, version int) domain.CaseHugEvent {
		e := casehug(n, domain.TypeClientUpdated)
		e.Client = ptr(mariaAt(version))
		return e
	}
	for name, c := range map[string]struct {
		n, version int
		refused    bool
	}{"as far as it may be": {9, far, false}, "further": {9, far + 1, true}, "on record": {2, far + 1, false}} {
		if err := matter.CheckVersion(mattersEvent(c.n, c.version)); leap(err) != c.refused || (err == nil) == c.refused {
			t.Errorf("%s: of a matter it is answered %v", name, err)
		}
		if err := client.CheckVersion(clientsEvent(c.n, c.version)); leap(err) != c.refused || (err == nil) == c.refused {
			t.Errorf("%s: of a client it is answered %v", name, err)
		}
	}
	if err := given[domain.Matter]().CheckVersion(mattersEvent(9, far+1)); err != nil {
		t.Errorf("the first word of a matter is answered %v", err)
	}
	if err := given[domain.Client]().CheckVersion(clientsEvent(9, far+1)); err != nil {
		t.Errorf("the first word of a client is answered %v", err)
	}
	if err := errors.Join(matter.CheckVersion(clientsEvent(9, far+1)), client.CheckVersion(mattersEvent(9, far+1))); err != nil {
		t.Errorf("an event of something else is answered %v", err)
	}
}

// TestAPersonsVersionMayNotLeap, also where none is known.
func TestAPersonsVersionMayNotLeap(t *testing.T) {
	matter, client := given[domain.Matter](domain.MatterCreated{Origin: ref(1), Matter: rivera(3)}), given[domain.Client](clientUpdated(1, 3))
	for version, refused := range map[int]bool{3: false, far: false, far + 1: true} {
		if of, err := matter.CheckPersonsVersion(rivera(version)), client.CheckPersonsVersion(mariaAt(version)); leap(of) != refused || leap(err) != refused {
			t.Errorf("version %d of the matter is answered %v, of the client %v", version, of, err)
		}
	}
	if of, err := given[domain.Matter]().CheckPersonsVersion(rivera(far+1)), given[domain.Client]().CheckPersonsVersion(mariaAt(far+1)); !leap(of) || !leap(err) {
		t.Errorf("where none is known the matter's is answered %v, the client's %v", of, err)
	}
}

// TestAClientIsRebased to a version, where it is known.
func TestAClientIsRebased(t *testing.T) {
	known := given[domain.Client](clientUpdated(1, 3))
	facts, err := known.Rebase(1, "u_1")
	then(t, must(t, facts, err), domain.ClientRebased{Version: 1, Was: 3, By: "u_1"})
	facts, err = known.Rebase(3, "u_1")
	then(t, must(t, facts, err))
	if _, err := given[domain.Client]().Rebase(1, "u_1"); code(err) != domain.CodeNotFound {
		t.Errorf("one that nobody knows is answered %v", err)
	}
}
