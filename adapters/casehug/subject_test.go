package casehug_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/adapters/casehug"
	"github.com/casehug/smokeball-sync/domain"
)

func TestRouteKeyKeepsWhatBelongsTogether(t *testing.T) {
	binary := map[string]string{"CE-Specversion": "1.0", "Ce-Id": "1"}
	cases := []struct {
		name, subject string
		header        map[string]string
		body          []byte
		want          string
	}{
		{"matter", "casehug.f_1.matter.created", nil, envelope("matter.created", matterJSON), "matter.f_1.m_1001"},
		{"nested matter", "casehug.f_1.matter.updated", nil, envelope("matter.updated", `{"matter":`+matterJSON+`}`), "matter.f_1.m_1001"},
		{"sync request", "casehug.f_1.matter.sync_requested", nil, envelope("matter.sync_requested", matterJSON), "matter.f_1.m_1001"},
		{"document", "casehug.f_1.document.approved", nil, envelope("document.approved", documentJSON), "matter.f_1.m_1001"},
		{"nested document", "casehug.f_1.document.approved", nil, envelope("document.approved", `{"document":`+documentJSON+`}`), "matter.f_1.m_1001"},
		{"binary document", "casehug.f_1.document.approved", binary, []byte(documentJSON), "matter.f_1.m_1001"},
		{"client", "casehug.f_2.client.updated", nil, envelope("client.updated", clientJSON), "client.f_2.c_77"},
		{"nested client", "casehug.f_2.client.updated", nil, envelope("client.updated", `{"client":`+clientJSON+`}`), "client.f_2.c_77"},
		{"odd neighbour", "casehug.f_1.matter.created", nil, envelope("matter.created", `{"client":5,"matter_id":"m_1"}`), "matter.f_1.m_1"},
		{"no id", "casehug.f_1.matter.created", nil, envelope("matter.created", `{"matter_id":"a.b"}`), "casehug.f_1.matter.created"},
		{"client without id", "casehug.f_1.client.updated", nil, envelope("client.updated", `{"matter_id":"m_1"}`), "casehug.f_1.client.updated"},
		{"no JSON", "casehug.f_1.matter.created", nil, []byte("{"), "casehug.f_1.matter.created"},
		{"too large", "casehug.f_1.matter.created", nil, make([]byte, casehug.MaxEventBytes+1), "casehug.f_1.matter.created"},
		{"another's subject", "smokeball.f_1.webhook.matter.created", nil, []byte(`{"data":{"matter_id":"m_1"}}`), "smokeball.f_1.webhook.matter.created"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			if got := casehug.RouteKey(tc.subject, tc.header, tc.body); got != tc.want {
				t.Errorf("RouteKey = %q, want %q", got, tc.want)
			}
		})
	}
}

func TestAddressSaysWhereAnEventBelongs(t *testing.T) {
	subject, id, err := casehug.Address("f_1", nil, envelope("matter.created", `{"not":"judged here"}`))
	if subject != "casehug.f_1.matter.created" || id != "/casehug/intake/e_1" || err != nil {
		t.Errorf("Address = %q, %q, %v", subject, id, err)
	}
}

func TestAddressRefusesWhatIsNotCaseHugs(t *testing.T) {
	good := string(envelope("matter.created", matterJSON))
	cases := map[string]struct{ firm, body, want string }{
		"engine's own":  {"f_1", strings.Replace(good, "com.casehug.matter.created", "com.casehug.sync.connection.changed", 1), "/type is no event"},
		"unknown type":  {"f_1", strings.Replace(good, "matter.created", "matter.lost", 1), "/type is no event"},
		"foreign type":  {"f_1", strings.Replace(good, "com.casehug.matter.created", "com.other.matter.created", 1), "/type is no event"},
		"wildcard firm": {"*", good, "firm is not"},
		"no id":         {"f_1", strings.Replace(good, "e_1", "", 1), "/id is missing"},
		"no JSON":       {"f_1", "", "not a JSON object"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, _, err := casehug.Address(domain.FirmID(tc.firm), nil, []byte(tc.body))
			var ie *casehug.InvalidEvent
			if !errors.As(err, &ie) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Address: %v, want an *InvalidEvent with %q", err, tc.want)
			}
		})
	}
}
