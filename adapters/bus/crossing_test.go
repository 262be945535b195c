package bus_test

import (
	"fmt"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"pgregory.net/rapid"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/domain"
)

// TestFirmsWithTheSameIDsNeverMeetOnTheBus has tenants of two firms publish every kind of event
// and put, replace and look for documents under the same ids, in any order, also in each
// other's name: everything is found under the firm whose tenant said it, and nowhere else.
func TestFirmsWithTheSameIDsNeverMeetOnTheBus(t *testing.T) {
	t.Parallel()
	b, f2 := openForFirms(t)
	options := map[string]nats.Option{"f1": nats.UserInfo("one", "right"), "f2": f2}
	tenants, stores, heard := map[string]jetstream.JetStream{}, map[string]jetstream.ObjectStore{}, map[string]*nats.Subscription{}
	for firm, o := range options {
		conn, js := dial(t, b, o)
		sub, err := conn.SubscribeSync("sync." + firm + ".>")
		if err != nil || conn.FlushWithContext(brief(t)) != nil {
			t.Fatal(err)
		}
		tenants[firm], stores[firm], heard[firm] = js, bucketOf(t, b, o), sub
	}
	inbox, err := b.JetStream().Stream(brief(t), bus.Inbox)
	if err != nil {
		t.Fatal(err)
	}
	put, n := map[string]string{}, 0
	rapid.Check(t, func(r *rapid.T) {
		for range 8 {
			n++
			firm := rapid.SampledFrom([]string{"f1", "f2"}).Draw(r, "firm")
			other := map[string]string{"f1": "f2", "f2": "f1"}[firm]
			id := rapid.SampledFrom([]string{"d_1", "d_2"}).Draw(r, "id")
			text := fmt.Sprint(firm, " ", n)
			switch rapid.IntRange(0, 3).Draw(r, "what") {
			case 0:
				kind := rapid.SampledFrom([]string{"matter.created", "matter.updated", "document.approved", "client.updated", "matter.sync_requested"}).Draw(r, "kind")
				ack, err := tenants[firm].Publish(brief(t), "casehug."+firm+"."+kind, []byte(text), jetstream.WithMsgID("/casehug/"+id))
				if err != nil {
					r.Fatal(err)
				}
				if m, err := inbox.GetMsg(brief(t), ack.Sequence); err != nil || m.Subject != bus.Bound+"casehug."+firm+"."+kind || string(m.Data) != text {
					r.Fatalf("%s's event is %+v, %v", firm, m, err)
				}
				b.TakenIn("casehug." + firm + "." + kind) // as the intake says; a firm has a share of its places
			case 1:
				if _, err := stores[firm].PutString(brief(t), id, text); err != nil {
					r.Fatal(err)
				}
				put[firm+id] = text
			case 2:
				before := state(t, b)
				conn := tenants[firm].Conn()
				for _, s := range []string{"casehug." + other + ".matter.created", bus.Bound + "casehug." + other + ".matter.created", "sync." + other + ".matter.synced", "smokeball." + other + ".webhook.noop"} {
					if err := conn.Publish(s, []byte(text)); err != nil {
						r.Fatal(err)
					}
				}
				if err := conn.FlushWithContext(brief(t)); err != nil {
					r.Fatal(err)
				}
				if after := state(t, b); after != before {
					r.Fatalf("%s changed the streams in %s's name: %s, then %s", firm, other, before, after)
				}
			case 3:
				say(t, b, "sync."+firm+".matter.synced", text)
				if m, err := heard[firm].NextMsgWithContext(brief(t)); err != nil || string(m.Data) != text {
					r.Fatalf("%s hears %+v, %v; want %q", firm, m, err, text)
				}
			}
			for _, f := range []string{"f1", "f2"} {
				got, err := readFor(t, b, domain.ObjectQuestion{Firm: domain.FirmID(f)}, id)
				if got != put[f+id] || (err != nil) != (got == "") {
					r.Fatalf("%s reads %q as %s, %v; it has put %q", f, got, id, err, put[f+id])
				}
			}
		}
	})
}
