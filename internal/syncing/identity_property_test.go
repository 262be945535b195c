package syncing_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// people draws clients of few names and few e-mail addresses, so that many share one.
func people(t *rapid.T) []domain.ClientData {
	first := rapid.SampledFrom([]string{"Ana", "A.", "Ana Maria", "Luis", "Liz", "Elizabeth", "", "Jose\u0301", "José"})
	last := rapid.SampledFrom([]string{"Lopez", "lopez ", "Ruiz"})
	company := rapid.SampledFrom([]string{"", "", "", "Apex LLC", "Lopez"})
	email := rapid.SampledFrom([]string{"pair@x.example", "Pair@X.example ", "desk@x.example", "n/a", ""})
	var list []domain.ClientData
	for i := range rapid.IntRange(2, 7).Draw(t, "clients") {
		c := domain.ClientData{ID: domain.ClientID(fmt.Sprint("c_", i)), Version: 1, Email: email.Draw(t, "email"), Phone: fmt.Sprintf("+1 312 555 010%d", i)}
		if c.CompanyName = company.Draw(t, "company"); c.CompanyName == "" {
			c.FirstName, c.LastName = first.Draw(t, "first"), last.Draw(t, "last")
		}
		list = append(list, c)
	}
	return list
}

// owners are the clients whose matters have a contact.
func (o *office) owners(clients map[domain.MatterID]domain.ClientData) map[string][]domain.ClientData {
	all := map[string][]domain.ClientData{}
	for _, m := range o.kept().Matters {
		for _, id := range m.ClientIDs {
			all[id] = append(all[id], clients[domain.MatterID(m.ExternalSystemID)])
		}
	}
	return all
}

// TestNobodyIsMistakenForAnother draws clients with names and shared addresses, whose matters
// come in any order and at once, whose names and phones change, and among whom people had made
// contacts: no contact ever has two clients whose names do not fit, nor the phone of one who is
// not the first of its name; and no client is there twice.
func TestNobodyIsMistakenForAnother(t *testing.T) {
	t.Parallel()
	runs := 0
	rapid.Check(t, func(rt *rapid.T) {
		runs++
		clients := people(rt)
		moves := rapid.SliceOfN(rapid.IntRange(0, len(clients)-1), 0, 6).Draw(rt, "moves")
		made := rapid.SliceOfN(rapid.IntRange(0, len(clients)-1), 0, 2).Draw(rt, "made by people")
		slow := time.Duration(rapid.IntRange(0, 5).Draw(rt, "seconds")) * time.Second
		hooked := rapid.Bool().Draw(rt, "hooked")
		seed := rapid.Uint64().Draw(rt, "seed")
		var faults []string
		synctest.Test(t, func(t *testing.T) {
			o := newOffice(t, smokeballsim.Config{Seed: seed, VisibleAfter: smokeballsim.Delay{Max: slow}})
			o.light = true
			o.start()
			o.connect()
			if hooked {
				o.hooks()
			}
			faults = o.mixUp(clients, moves, made)
		})
		if len(faults) > 0 {
			rt.Fatalf("%s", strings.Join(faults, "\n"))
		}
	})
	t.Logf("%d firms", runs)
}

// mixUp tells the clients' matters and changes, and what is wrong afterwards.
func (o *office) mixUp(clients []domain.ClientData, moves, made []int) (faults []string) {
	for _, i := range made {
		d := clients[i].ContactDraft()
		if kind := `"person":{"firstName":%q,"lastName":%q,"email":%q}`; d.CompanyName == "" {
			o.person(fmt.Sprintf("{"+kind+"}", d.FirstName, d.LastName, d.Email))
		} else {
			o.person(fmt.Sprintf(`{"company":{"name":%q,"email":%q}}`, d.CompanyName, d.Email))
		}
	}
	o.choose(func(s *domain.Settings) { s.OnMatterCreated, s.OnClientUpdated = true, true })
	now, told := map[domain.MatterID]domain.ClientData{}, slices.Clone(clients)
	for i, c := range clients {
		m := numbered(i, c)
		o.tell(created(m), created(numbered(i+100, c)))
		now[m.ID], now[domain.MatterID(fmt.Sprint("m_", i+100))] = c, c
	}
	for n, i := range moves {
		c := now[domain.MatterID(fmt.Sprint("m_", i))]
		c.Version++
		switch n % 3 {
		case 0:
			c.Phone = fmt.Sprintf("+1 312 555 9%02d%d", n, i)
		case 1:
			c.FirstName, c.LastName, c.CompanyName = "Eva", fmt.Sprint("Stone", i), ""
		default:
			c.Email = "new@x.example"
		}
		now[domain.MatterID(fmt.Sprint("m_", i))], now[domain.MatterID(fmt.Sprint("m_", i+100))] = c, c
		told = append(told, c)
		o.rest()
		o.tell(clientUpdated(c))
	}
	o.rest()
	settle()
	return append(o.mistaken(now, told), o.twice(now)...)
}

// mistaken tells which contacts have two clients whose names do not fit, or the phone of one
// who was never told under a name that fits one that each of them has, or had.
func (o *office) mistaken(now map[domain.MatterID]domain.ClientData, told []domain.ClientData) (faults []string) {
	owners := o.owners(now)
	for _, c := range o.kept().Contacts {
		shown, err := o.client.Contact(o.Context(), oak, domain.SmokeballID(c.ID))
		o.must(err)
		for _, a := range owners[c.ID] {
			for _, b := range owners[c.ID] {
				if !a.Called().Fits(b.Called()) {
					faults = append(faults, fmt.Sprintf("contact %s is both %+v and %+v", c.Name, a, b))
				}
			}
		}
		phoneOf := func(d domain.ClientData) bool {
			return string(d.ID) == c.ExternalSystemID && domain.SamePhone(d.Phone, shown.Phone) &&
				!slices.ContainsFunc(owners[c.ID], func(a domain.ClientData) bool { return a.ID != d.ID && !wasCalled(told, a.ID, d.Called()) })
		}
		if len(owners[c.ID]) > 0 && shown.Phone != "" && !slices.ContainsFunc(told, phoneOf) {
			faults = append(faults, fmt.Sprintf("contact %s, made for %s, has the phone %s: its clients are %+v", c.Name, c.ExternalSystemID, shown.Phone, owners[c.ID]))
		}
	}
	return faults
}

// wasCalled reports whether the client was ever told under a name that fits.
func wasCalled(told []domain.ClientData, c domain.ClientID, name domain.Name) bool {
	return slices.ContainsFunc(told, func(d domain.ClientData) bool { return d.ID == c && d.Called().Fits(name) })
}

// twice tells which clients are in Smokeball twice, or not at all.
func (o *office) twice(now map[domain.MatterID]domain.ClientData) (faults []string) {
	owners := o.owners(now)
	contacts := map[domain.ClientID][]string{}
	for id, list := range owners {
		for _, c := range list {
			if !slices.Contains(contacts[c.ID], id) {
				contacts[c.ID] = append(contacts[c.ID], id)
			}
		}
	}
	for m, c := range now {
		if n := len(contacts[c.ID]); n != 1 {
			faults = append(faults, fmt.Sprintf("client %+v of %s is %d contacts: the sync is %+v", c, m, n, o.newest(m).Error))
		}
	}
	made := map[string]bool{}
	for _, c := range o.kept().Contacts {
		who := c.ExternalSystemID + " as " + c.Name
		if c.ExternalSystemID != "" && made[who] {
			faults = append(faults, who+" was made twice")
		}
		made[who] = true
	}
	return faults
}
