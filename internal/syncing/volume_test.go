package syncing_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/readback"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

var volume = flag.Int("volume", 200, "how many webhooks TestLostWebhooksAreFoundAndCounted delivers or loses")

// post keeps webhooks on their way.
type post struct {
	mu   sync.Mutex
	open bool // it passes on what it gets
	all  []*http.Request
}

func (p *post) holds(r *http.Request, body []byte) bool {
	if p == nil {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open {
		return false
	}
	kept := r.Clone(context.Background())
	kept.Body = io.NopCloser(bytes.NewReader(body))
	kept.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	p.all = append(p.all, kept)
	return true
}

// take is what is on its way, from now on nothing is kept.
func (p *post) take() []*http.Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open = true
	return p.all
}

// TestLostWebhooksAreFoundAndCounted has people change each of many matters and contacts once.
// The webhooks arrive in random order, a tenth of them twice; a twentieth is lost. In the end
// the engine has what Smokeball has, CaseHug was told of each change once, and every lost
// webhook is counted.
func TestLostWebhooksAreFoundAndCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, smokeballsim.Config{Seed: 1, Rate: -1})
		o.reads, o.rate, o.swept = true, 1000, &swept{share: readback.SweepShare{PerSecond: 1000, Least: time.Hour}}
		o.start()
		half := *volume / 2
		matters, contacts := o.caseload(half)
		o.connect()
		o.hooks()
		o.readAll()
		o.isSwept()
		o.wantsChanges()
		began, calls := time.Now(), len(o.sim.Requests())
		o.post = &post{}
		for i := range half {
			o.must(o.sim.EditMatter(string(matters[i]), fmt.Appendf(nil, `{"description":"Their name %d"}`, i)))
			o.must(o.sim.EditContact(string(contacts[i]), fmt.Appendf(nil, `{"person":{"lastName":"Theirs %d"}}`, i)))
		}
		synctest.Wait()
		lost := o.deliver(rand.New(rand.NewPCG(*oneSeed, 3)))
		o.readAll()
		o.awaitsChanges(2*half - lost)
		o.sameAsSmokeball(matters, contacts, lost)
		told := o.firmRow().Received
		o.away(2 * time.Minute)
		settle()
		o.isSwept()
		o.readAll()
		o.awaitsChanges(2 * half)
		o.wantsMissed(lost)
		o.sameAsSmokeball(matters, contacts, 0)
		if n := len(o.changesTold()); n != 2*half {
			t.Errorf("CaseHug was told of %d changes, want %d", n, 2*half)
		}
		t.Logf("%d webhooks, %d of them recorded, %d lost: %d missed; %d calls in %v", 2*half, told, lost, o.firmRow().Missed.Count(time.Now()), len(o.sim.Requests())-calls, time.Since(began))
	})
}

// deliver delivers the webhooks on their way in random order, a tenth of them twice, but a
// twentieth of them, and returns how many it lost.
func (o *office) deliver(chance *rand.Rand) (lost int) {
	o.Helper()
	all := o.post.take()
	if len(all) != *volume/2*2 {
		o.Fatalf("%d webhooks are on their way, want %d", len(all), *volume/2*2)
	}
	chance.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	lost = len(all) / 20
	arrive := all[lost:]
	arrive = append(arrive, arrive[:len(all)/10]...)
	chance.Shuffle(len(arrive), func(i, j int) { arrive[i], arrive[j] = arrive[j], arrive[i] })
	for i, r := range arrive {
		body, err := r.GetBody()
		o.must(err)
		again := r.Clone(o.Context())
		again.Body = body
		_, err = mailbox{o}.RoundTrip(again)
		o.must(err)
		if i%100 == 99 {
			time.Sleep(time.Second)
		}
	}
	return lost
}

// caseload links matters, each with a client and a contact of its own, that Smokeball had.
func (o *office) caseload(n int) (matters, contacts []domain.SmokeballID) {
	o.Helper()
	tokens, err := o.sim.Grant(oakAccount)
	o.must(err)
	o.grants.put(oak, tokens, time.Now())
	types, err := o.client.MatterTypes(o.Context(), oak)
	o.must(err)
	for i := range n {
		c := accident().Client
		c.ID, c.LastName, c.Email = domain.ClientID(fmt.Sprint("c_", i)), fmt.Sprint("Rivera ", i), fmt.Sprintf("client%d@example.com", i)
		contact, err := o.sim.AddContact(oakAccount, fmt.Appendf(nil, `{"person":{"firstName":%q,"lastName":%q,"email":%q}}`, c.FirstName, c.LastName, c.Email))
		o.must(err)
		m := accident()
		m.ID, m.CaseNumber, m.Client = domain.MatterID(fmt.Sprint("m_", i)), fmt.Sprint("CH-", i), c
		matter, err := o.sim.AddMatter(oakAccount, fmt.Appendf(nil, `{"externalSystemId":%q,"number":%q,"matterTypeId":%q,"clientIds":[%q],"description":%q,"status":"Open"}`,
			m.ID, m.CaseNumber, types[0].ID, contact, m.Title))
		o.must(err)
		key, ref := domain.ContactKey(fmt.Sprint("k_", i)), domain.EventRef{Source: "/casehug", ID: fmt.Sprint("e_", i)}
		o.add(domain.MatterStream(oak, m.ID), domain.MatterCreated{Origin: ref, Matter: m},
			domain.MatterLinked{Matter: domain.SmokeballID(matter), Account: oakAccount,
				Known: domain.MatterDraft{ExternalID: string(m.ID), Number: m.CaseNumber, Description: m.Title, MatterTypeID: types[0].ID, ClientIDs: []domain.SmokeballID{domain.SmokeballID(contact)}, Status: "Open"}})
		o.add(domain.ClientStream(oak, c.ID), domain.ClientUpdated{Origin: ref, Client: c, Matter: m.ID}, domain.ClientLinked{Matter: m.ID, Contact: domain.SmokeballID(contact), Key: key})
		o.add(domain.ContactStream(oak, key), domain.ContactMatched{Contact: domain.SmokeballID(contact), Client: c.ID, Known: c.ContactDraft(), Account: oakAccount})
		matters, contacts = append(matters, domain.SmokeballID(matter)), append(contacts, domain.SmokeballID(contact))
	}
	return matters, contacts
}

func (o *office) add(s domain.Stream, events ...domain.Event) {
	o.Helper()
	_, err := o.ledger.Append(o.Context(), eventstore.Commit{Stream: s, At: time.Now(), Events: events})
	o.must(err)
}

// sameAsSmokeball requires what is known of all matters and contacts to be what Smokeball has,
// but of so many.
func (o *office) sameAsSmokeball(matters, contacts []domain.SmokeballID, but int) {
	o.Helper()
	state := o.sim.State().Accounts[0]
	differ := 0
	for i := range matters {
		m, _, err := eventstore.Load[domain.Matter](o.Context(), o.ledger, domain.MatterStream(oak, domain.MatterID(fmt.Sprint("m_", i))))
		o.must(err)
		at := slices.IndexFunc(state.Matters, func(s smokeballsim.MatterState) bool { return s.ID == string(matters[i]) })
		if v := m.Smokeball.There.Values; v == nil || v.Description != state.Matters[at].Description {
			differ++
		}
		c, _, err := eventstore.Load[domain.Client](o.Context(), o.ledger, domain.ClientStream(oak, domain.ClientID(fmt.Sprint("c_", i))))
		o.must(err)
		at = slices.IndexFunc(state.Contacts, func(s smokeballsim.ContactState) bool { return s.ID == string(contacts[i]) })
		if v := c.Sight.Values; v == nil || v.FirstName+" "+v.LastName != state.Contacts[at].Name {
			differ++
		}
	}
	if differ != but {
		o.Errorf("of %d matters and contacts is not known what Smokeball has, want %d", differ, but)
	}
}

// TestForgedAndReplayedWebhooksChangeNothing sends a webhook again, and its headers with other
// bodies: Smokeball's signature does not cover the body.
func TestForgedAndReplayedWebhooksChangeNothing(t *testing.T) {
	t.Parallel()
	readingStory(t, smokeballsim.Delay{}, func(o *office) {
		o.sends(accident())
		o.readAll()
		o.post = &post{}
		o.edit(`{"description":"Another name"}`)
		synctest.Wait()
		real := o.post.take()[0]
		arrives := func(change func(body string) string) {
			body, err := real.GetBody()
			o.must(err)
			text, err := io.ReadAll(body)
			o.must(err)
			r := real.Clone(o.Context())
			r.Body = io.NopCloser(strings.NewReader(change(string(text))))
			_, err = mailbox{o}.RoundTrip(r)
			o.must(err)
		}
		arrives(func(body string) string { return body })
		o.wantsChanges("title=Another name")
		facts, reads := o.last(), o.calls("GET /matters/{id}")
		for range 20 {
			arrives(func(body string) string { return body })
		}
		o.readAll()
		if o.last() != facts || o.calls("GET /matters/{id}") != reads {
			o.Errorf("a replayed webhook left %d facts and cost %d reads", o.last()-facts, o.calls("GET /matters/{id}")-reads)
		}
		contact := string(o.one().ClientIDs[0])
		for _, forged := range [][]string{{"Another name", "A forged name"}, {`"status":"Open"`, `"status":"Deleted"`}, {"matter.updated", "matter.closed"}, {"matter.updated", "error"},
			{"matter.updated", "contact.deleted", o.one().ID, contact}, {o.one().ID, "no-such-matter"}} {
			arrives(func(body string) string { return strings.NewReplacer(forged...).Replace(body) })
		}
		o.wantsChanges("title=Another name")
		if now := o.one(); now.Description != "Another name" || o.row().Matter.Smokeball.There.Values.Status != "Open" {
			o.Errorf("the matter is %+v", now)
		}
	})
}

// TestAClosedMatterIsToldWithinTwoSeconds measures from the change in Smokeball to the event
// for CaseHug.
func TestAClosedMatterIsToldWithinTwoSeconds(t *testing.T) {
	t.Parallel()
	readingStory(t, smokeballsim.Delay{Max: time.Second}, func(o *office) {
		o.sends(accident())
		o.readAll()
		var took []time.Duration
		for i := range 21 {
			began := time.Now()
			o.edit(fmt.Sprintf(`{"status":%q}`, []string{"Closed", "Open"}[i%2]))
			o.awaitsChanges(i + 1)
			took = append(took, time.Since(began))
			time.Sleep(time.Duration(i) * 7 * time.Second)
		}
		slices.Sort(took)
		if median := took[len(took)/2]; median > 2*time.Second {
			o.Errorf("the median is %v: %v", median, took)
		}
		t.Logf("median %v, slowest %v", took[len(took)/2], took[len(took)-1])
	})
}
