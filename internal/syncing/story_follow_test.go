package syncing_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// merge is what people do when they merge a contact into another: the matter has the other one as
// its client, and the contact is deleted.
func (o *office) merge(from, into string) {
	o.Helper()
	o.must(o.sim.EditContact(from, []byte(`{"isDeleted":true}`)))
	o.edit(fmt.Sprintf(`{"clientIds":[%q]}`, into))
}

// followed are the sentences about who the client is now.
func (o *office) followed() (list []string) {
	o.Helper()
	for _, m := range o.row().Timeline {
		if strings.HasPrefix(m.Event, "matter.client_") {
			list = append(list, m.Text)
		}
	}
	return list
}

func TestAMergedContactIsFollowed(t *testing.T) {
	t.Parallel()
	for name, survivor := range map[string]string{
		"of the same e-mail address": `{"person":{"firstName":"Maria","lastName":"Rivera","email":"maria@example.com"}}`,
		"of another e-mail address":  `{"person":{"firstName":"Maria","lastName":"Rivera","email":"maria.rivera@old.example"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			readingStory(t, smokeballsim.Delay{}, func(o *office) {
				m := accident()
				o.sends(m)
				o.readAll()
				was := string(o.one().ClientIDs[0])
				now := o.person(survivor)
				o.merge(was, now)
				o.until("the link follows", func() bool { return o.row().Matter.Contacts[m.Client.ID] == domain.SmokeballID(now) })
				o.readAll()
				if got := o.followed(); len(got) != 1 || !strings.Contains(got[0], "is the contact “Maria Rivera” there now") {
					t.Errorf("the timeline tells %q", got)
				}
				writes := o.writes()
				o.click(m.ID)
				o.rest()
				o.readAll()
				if n := o.writes() - writes; n != 0 || len(o.kept().Contacts) != 2 || len(o.kept().Matters) != 1 {
					t.Errorf("a sync afterwards writes %d times; Smokeball has %d contacts\n%s", n, len(o.kept().Contacts), o.dump())
				}
				o.must(o.sim.EditContact(now, []byte(`{"person":{"phone":{"number":"312 555 0199"}}}`)))
				o.readAll()
				time.Sleep(time.Second)
				if told := o.changesTold(); !slices.Contains(told, string(m.Client.ID)+" phone=312 555 0199") {
					t.Errorf("CaseHug was told %q", told)
				}
				o.restart()
				o.readAll()
				if got := o.followed(); len(got) != 1 {
					t.Errorf("after a restart the timeline tells %q", got)
				}
			})
		})
	}
}

// TestAMergedContactIsFollowedByASyncThatFindsItFirst has a person click before anything was read.
func TestAMergedContactIsFollowedByASyncThatFindsItFirst(t *testing.T) {
	t.Parallel()
	readingStory(t, smokeballsim.Delay{}, func(o *office) {
		m := accident()
		o.sends(m)
		o.readAll()
		now := o.person(`{"person":{"firstName":"Maria","lastName":"Rivera","email":"maria.rivera@old.example"}}`)
		o.merge(string(o.one().ClientIDs[0]), now)
		o.click(m.ID)
		o.rest()
		o.readAll()
		if o.row().Matter.Contacts[m.Client.ID] != domain.SmokeballID(now) || len(o.kept().Contacts) != 2 || !slices.Equal(o.one().ClientIDs, []string{now}) {
			t.Errorf("the client is %s of %d contacts, and the matter has %v\n%s", o.row().Matter.Contacts[m.Client.ID], len(o.kept().Contacts), o.one().ClientIDs, o.dump())
		}
	})
}

// TestNobodyIsFollowedWhoIsCalledOtherwise replaces the client by another person.
func TestNobodyIsFollowedWhoIsCalledOtherwise(t *testing.T) {
	t.Parallel()
	readingStory(t, smokeballsim.Delay{}, func(o *office) {
		m := accident()
		o.sends(m)
		o.readAll()
		was := string(o.one().ClientIDs[0])
		o.merge(was, o.person(`{"person":{"firstName":"Otto","lastName":"Becker","email":"otto@example.com"}}`))
		o.until("it is said", func() bool { return len(o.followed()) == 1 })
		time.Sleep(3 * time.Minute)
		if got := o.followed(); len(got) != 1 || !strings.Contains(got[0], "“Otto Becker” stands in its place") || !strings.Contains(got[0], "a firm admin") {
			t.Errorf("the timeline tells %q", got)
		}
		if id := o.row().Matter.Contacts[m.Client.ID]; id != domain.SmokeballID(was) || len(o.kept().Contacts) != 2 {
			t.Errorf("the client is %s of %d contacts", id, len(o.kept().Contacts))
		}
	})
}

// TestAMatterThatWasMovedIsFollowed gives the matter another number and type, and turns a lead into
// a matter: it stays the one that is linked.
func TestAMatterThatWasMovedIsFollowed(t *testing.T) {
	t.Parallel()
	readingStory(t, smokeballsim.Delay{}, func(o *office) {
		m := accident()
		o.sends(m)
		o.readAll()
		id := o.one().ID
		o.edit(`{"number":"MOVED-7"}`)
		o.edit(`{"status":"Deleted"}`)
		o.readAll()
		o.edit(`{"status":"Open"}`)
		o.readAll()
		o.click(m.ID)
		o.rest()
		if o.one().ID != id || string(o.row().Matter.Smokeball.ID) != id {
			t.Errorf("the matter is %s", o.row().Matter.Smokeball.ID)
		}
		o.wantsChanges("case_number=MOVED-7", "deleted=", "status=Open", "restored=")
	})
}
