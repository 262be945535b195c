package bus_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/domain"
)

const chunkSubjects = "$O." + bus.Documents + ".C."

// TestTenantsLeaveOthersChunksAlone adds to and removes the chunks of documents that are
// complete, by the names that the store has for them, as tenants of every kind.
func TestTenantsLeaveOthersChunksAlone(t *testing.T) {
	t.Parallel()
	b, f2 := openForFirms(t)
	for _, opt := range []nats.Option{nats.UserInfo("all", "right"), nats.UserInfo("one", "right")} {
		if _, err := bucketOf(t, b, opt).PutString(brief(t), "d_1", "retainer"); err != nil {
			t.Fatal(err)
		}
	}
	before := chunkCounts(t, b)
	for who, opt := range map[string]nats.Option{"everyone's": nats.UserInfo("all", "right"), "f1's": nats.UserInfo("one", "right"), "f2's": f2} {
		conn, _ := dial(t, b, opt)
		for subject := range before {
			_, nuid, _ := strings.Cut(subject, ".C.")
			bare := strings.TrimPrefix(nuid, "~f1")
			for _, a := range []attempt{
				{subject, "more"}, {"$JS.API.STREAM.PURGE.OBJ_" + bus.Documents, fmt.Sprintf(`{"filter":%q}`, subject)},
				{"$JS.API.STREAM.PURGE.OBJ_" + bus.Documents, fmt.Sprintf(`{"filter":%q}`, chunkSubjects+bare)},
			} {
				if _, err := conn.RequestWithContext(brief(t), a.subject, []byte(a.body)); err != nil {
					t.Errorf("%s tenant: %s %s: %v", who, a.subject, a.body, err)
				}
			}
		}
		if names := listed(t, conn); names != 0 {
			t.Errorf("%s tenant lists %d subjects of the bucket", who, names)
		}
	}
	after := chunkCounts(t, b)
	for subject, n := range before {
		if after[subject] != n {
			t.Errorf("%s has %d chunks, it had %d", subject, after[subject], n)
		}
	}
	for _, q := range []domain.ObjectQuestion{{Firm: "f1"}, {Firm: "f3", Vouched: true}} {
		if got, err := readFor(t, b, q, "d_1"); err != nil || got != "retainer" {
			t.Errorf("%+v: %q, %v", q, got, err)
		}
	}
}

// chunkCounts is how many chunks the bucket has by their name.
func chunkCounts(t *testing.T, b *bus.Bus) map[string]uint64 {
	t.Helper()
	s, err := b.JetStream().Stream(brief(t), "OBJ_"+bus.Documents)
	if err != nil {
		t.Fatal(err)
	}
	info, err := s.Info(brief(t), jetstream.WithSubjectFilter(chunkSubjects+">"))
	if err != nil || len(info.State.Subjects) == 0 {
		t.Fatalf("%v, %v; want chunks", info, err)
	}
	return info.State.Subjects
}

// listed is how many subjects of the bucket the tenant is told.
func listed(t *testing.T, conn *nats.Conn) int {
	t.Helper()
	m, err := conn.RequestWithContext(brief(t), "$JS.API.STREAM.INFO.OBJ_"+bus.Documents, []byte(`{"subjects_filter":">"}`))
	if err != nil {
		t.Fatal(err)
	}
	var info struct {
		State struct{ Subjects map[string]int }
	}
	if err := json.Unmarshal(m.Data, &info); err != nil {
		t.Fatal(err)
	}
	return len(info.State.Subjects)
}

// TestAMessageIDHidesNoDocument puts two documents whose chunks and entries bear one
// message id.
func TestAMessageIDHidesNoDocument(t *testing.T) {
	t.Parallel()
	b := open(t)
	conn, _ := dial(t, b)
	for i, name := range []string{"one", "two"} {
		nuid := fmt.Sprint("n", i)
		entry := fmt.Sprintf(`{"name":%q,"bucket":"casehug-documents","nuid":%q,"size":3,"chunks":1}`, name, nuid)
		for _, m := range []nats.Msg{
			{Subject: chunkSubjects + nuid, Data: []byte(name)},
			{Subject: "$O." + bus.Documents + ".M." + base64.URLEncoding.EncodeToString([]byte(name)), Data: []byte(entry)},
		} {
			m.Header = nats.Header{"Nats-Msg-Id": {"same"}}
			answer, err := conn.RequestMsgWithContext(brief(t), &m)
			if err != nil || refused(answer) || strings.Contains(string(answer.Data), "duplicate") {
				t.Errorf("%s: %s, %v", m.Subject, answer.Data, err)
			}
		}
	}
}

// TestWhatATenantGivesUpIsRemoved puts chunks without an entry, as a put that breaks off,
// and removes them.
func TestWhatATenantGivesUpIsRemoved(t *testing.T) {
	t.Parallel()
	b, f2 := openForFirms(t)
	conn, _ := dial(t, b, f2)
	if m, err := conn.RequestWithContext(brief(t), chunkSubjects+"broken", []byte("half")); err != nil || refused(m) {
		t.Fatalf("%v, %v", m, err)
	}
	m, err := conn.RequestWithContext(brief(t), "$JS.API.STREAM.PURGE.OBJ_"+bus.Documents, []byte(`{"filter":"`+chunkSubjects+`broken"}`))
	if err != nil || refused(m) || chunksLeft(t, b) != 0 {
		t.Errorf("%s, %v; %d are left", m.Data, err, chunksLeft(t, b))
	}
}
