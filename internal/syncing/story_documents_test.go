package syncing_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
	"github.com/casehug/smokeball-sync/projections"
)

func TestADocumentThatIsNotTheApprovedOneFailsAlone(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		forged := o.papers.write("m_accident", "d_forged", "what was approved")
		o.papers.write("m_accident", "d_forged", "what is there")
		good := o.papers.write("m_accident", "d_good", "a good one")
		o.tell(created(accident()), approved(forged), approved(good))
		e := o.ends("m_accident", domain.Failed)
		if e.Error.Code != domain.CodeDocumentMismatch {
			t.Errorf("the failure is %+v", e.Error)
		}
		files := o.kept().Files
		if len(files) != 1 || files[0].SHA256 != good.SHA256 || o.calls(addFile) != 1 {
			t.Errorf("the files are %+v, announced were %d", files, o.calls(addFile))
		}
		if len(e.Smokeball.Files) != 1 || e.Smokeball.Files[0].Document != "d_good" {
			t.Errorf("the history says %+v", e.Smokeball.Files)
		}
		o.tell(approved(o.papers.write("m_accident", "d_forged", "approved again")))
		o.ends("m_accident", domain.Succeeded)
		if n := len(o.kept().Files); n != 2 {
			t.Errorf("Smokeball has %d files", n)
		}
	})
}

func TestADocumentThatCantBeHadYetWaitsForATime(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.papers.lose("d_retainer", 3)
		o.tell(created(accident()), o.retainer())
		o.until("it waits", func() bool { return o.newest("m_accident").Status == domain.Waiting })
		e := o.newest("m_accident")
		if e.Error == nil || e.Error.Code != domain.CodeDocumentUnavailable || e.NextAttemptAt == nil || !e.NextAttemptAt.After(time.Now()) {
			t.Errorf("the sync is %+v, its failure %+v", e, e.Error)
		}
		if e := o.ends("m_accident", domain.Succeeded); e.Attempts != 4 {
			t.Errorf("it took %d attempts", e.Attempts)
		}
	})
}

func TestAnUnavailableDocumentFailsAfterADay(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.papers.lose("d_retainer", 1<<30)
		began := time.Now()
		o.tell(created(accident()), o.retainer())
		e := o.ends("m_accident", domain.Failed)
		if took := time.Since(began); took < o.waits.RetryFor || took > o.waits.RetryFor+10*time.Minute {
			t.Errorf("it was given up after %s", took)
		}
		if e.Error.Code != domain.CodeDocumentUnavailable || e.Error.Remedy == "" {
			t.Errorf("the failure is %+v", e.Error)
		}
	})
}

func TestAnEmptyDocumentIsSent(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.tell(created(accident()), approved(o.papers.write("m_accident", "d_empty", "")))
		o.ends("m_accident", domain.Succeeded)
		if f := o.kept().Files; len(f) != 1 || f[0].SHA256 != digest("") {
			t.Errorf("the files are %+v", f)
		}
	})
}

// again approves another content of the retainer.
func (o *office) again() {
	o.tell(approved(o.papers.write("m_accident", "d_retainer", "the second version")))
}

// TestAContentThatIsApprovedAgainIsSent tells that the newest approved content gets to
// Smokeball, whenever it is approved.
func TestAContentThatIsApprovedAgainIsSent(t *testing.T) {
	t.Parallel()
	slow := func(o *office, route string) {
		o.fault(smokeballsim.Fault{Route: route, Kind: smokeballsim.Slow, Delay: smokeballsim.Duration(5 * time.Second), Count: 1})
	}
	for _, c := range []struct {
		name          string
		before, after func(*office) // the first approval
	}{
		{"after the sync", func(*office) {}, func(o *office) { o.ends("m_accident", domain.Succeeded); o.again() }},
		{"while it is fetched", func(o *office) { o.papers.whenOpened(o.again) }, func(*office) {}},
		{"while it is uploaded", func(o *office) { slow(o, putBytes) }, func(o *office) {
			o.until("it is fetched", func() bool { return o.papers.asked("d_retainer") == 1 })
			time.Sleep(2 * time.Second)
			o.again()
		}},
		{"while it is confirmed", func(o *office) { slow(o, readFile) }, func(o *office) {
			o.until("it is uploaded", func() bool { return o.newest("m_accident").Status == domain.Confirming })
			time.Sleep(2 * time.Second)
			o.again()
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			story(t, func(o *office) {
				c.before(o)
				o.tell(created(accident()), o.retainer())
				c.after(o)
				o.rest()
				settle()
				for _, e := range o.entries("m_accident") {
					if e.Error != nil {
						t.Errorf("sync %s failed: %+v", e.ID, e.Error)
					}
				}
				if f := o.kept().Files; len(f) != 1 || f[0].SHA256 != digest("the second version") {
					t.Errorf("the files are %+v", f)
				}
			})
		})
	}
}

func TestAnUploadAddressThatHasEndedIsRenewed(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.fault(smokeballsim.Fault{Route: putBytes, Kind: smokeballsim.Status, Status: 403, Count: 1})
		o.sends(accident())
		if f := o.kept().Files; len(f) != 1 || o.calls(addFile) != 1 {
			t.Errorf("the files are %+v", f)
		}
	})
}

// TestAFileWithoutItsBytesIsUsed tells that an announced file whose bytes did not come before
// Smokeball cancelled it takes them later: there is no second one.
func TestAFileWithoutItsBytesIsUsed(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.fault(smokeballsim.Fault{Route: addFile, Kind: smokeballsim.LoseReply, Count: 1})
		o.tell(created(accident()), o.retainer())
		o.until("the file is announced", func() bool { return o.calls(addFile) == 1 && o.newest("m_accident").Status == domain.Waiting })
		o.away(time.Hour)
		o.ends("m_accident", domain.Succeeded)
		settle()
		if f := o.kept().Files; len(f) != 1 || f[0].IsCancelled || f[0].SHA256 != digest("the signed retainer") || o.calls(addFile) != 1 {
			t.Errorf("the files are %+v", f)
		}
	})
}

// TestAFalseRefusalOfAFileFailsNothing tells that a webhook's word that a file failed is
// not believed where Smokeball has the file.
func TestAFalseRefusalOfAFileFailsNothing(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		o.hooks()
		o.fault(smokeballsim.Fault{Route: putBytes, Kind: smokeballsim.Slow, Delay: smokeballsim.Duration(5 * time.Second), Count: 1})
		o.tell(created(accident()), o.retainer())
		o.until("the file is there", func() bool { return len(o.kept().Files) == 1 })
		o.must(o.webhooks.Receive(o.Context(), oak, o.refusalOf("d_retainer")))
		o.ends("m_accident", domain.Succeeded)
		settle()
		if f := o.kept().Files; len(f) != 1 || o.calls(addFile) != 1 {
			t.Errorf("%d announcements made the files %+v", o.calls(addFile), f)
		}
	})
}

// TestAFalseRefusalOfAMatterFailsNothing tells that a webhook's word that a matter or its
// contact failed is not believed while they may still show up: whoever saw one notification
// could write it.
func TestAFalseRefusalOfAMatterFailsNothing(t *testing.T) {
	t.Parallel()
	slowly(t, smokeballsim.Delay{Min: 10 * time.Second, Max: 20 * time.Second}, func(o *office) {
		o.tell(created(accident()), o.retainer())
		matter := func() domain.Matter {
			m, _, err := eventstore.Load[domain.Matter](o.Context(), o.ledger, domain.MatterStream(oak, "m_accident"))
			o.must(err)
			return m
		}
		for n, id := 0, domain.SmokeballID(""); n < 2; {
			m := matter()
			about, request := m.Smokeball.ID, m.Smokeball.Request
			if len(m.Current.Contacts) > 0 && n == 0 {
				about, request = m.Current.Contacts[0].Contact, m.Current.Contacts[0].Request
			}
			if about == "" || about == id {
				time.Sleep(200 * time.Millisecond)
				continue
			}
			n, id = n+1, about
			o.must(o.webhooks.Receive(o.Context(), oak, domain.SmokeballWebhookReceived{Origin: domain.EventRef{Source: "/smokeball", ID: fmt.Sprint("forged-", n)},
				Type: "error", Source: "API", Resource: about, Request: request, Message: "It did not please us."}))
		}
		o.ends("m_accident", domain.Succeeded)
		o.one()
	})
}

// refusalOf is Smokeball's word that it failed the document's file after all.
func (o *office) refusalOf(id domain.DocumentID) domain.SmokeballWebhookReceived {
	o.Helper()
	m, _, err := eventstore.Load[domain.Matter](o.Context(), o.ledger, domain.MatterStream(oak, "m_accident"))
	o.must(err)
	d, _ := m.Document(id)
	return domain.SmokeballWebhookReceived{Origin: domain.EventRef{Source: "/smokeball", ID: "refusal-" + string(id)}, Type: "error", Source: "API",
		Resource: d.File, Matter: m.Smokeball.ID, Request: d.Request, Message: "It did not please us."}
}

// leftOut reports whether a sync warned of a document that failed before.
func leftOut(e projections.Entry) bool {
	return slices.ContainsFunc(e.Warnings, func(w projections.Warning) bool { return w.Code == "document_not_sent" })
}

// TestADocumentThatFailedForGoodIsLeftOut tells that one unreadable document does not make
// every later sync of its matter fail, and that a person's click tries it again.
func TestADocumentThatFailedForGoodIsLeftOut(t *testing.T) {
	t.Parallel()
	story(t, func(o *office) {
		bad := o.papers.write("m_accident", "d_bad", "what was approved")
		o.papers.write("m_accident", "d_bad", "what is there")
		o.tell(created(accident()), approved(bad))
		failed := o.ends("m_accident", domain.Failed)
		o.tell(o.onceMore())
		e := o.ends("m_accident", domain.Succeeded)
		if len(e.Warnings) != 1 || !leftOut(e) || !strings.Contains(e.Warnings[0].Message, "d_bad.pdf") || o.papers.asked("d_bad") != 1 {
			t.Errorf("the warnings are %+v; it was asked for %d times", e.Warnings, o.papers.asked("d_bad"))
		}
		o.retry(failed.ID)
		if e := o.ends("m_accident", domain.Failed); e.Error.Code != domain.CodeDocumentMismatch || leftOut(e) {
			t.Errorf("after Retry the sync is %+v", e)
		}
		o.papers.write("m_accident", "d_bad", "what was approved")
		o.click("m_accident")
		o.ends("m_accident", domain.Succeeded)
		if n := len(o.kept().Files); n != 2 {
			t.Errorf("Smokeball has %d files", n)
		}
	})
}
