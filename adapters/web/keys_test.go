package web_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/casehug/smokeball-sync/adapters/web/api"
	"github.com/casehug/smokeball-sync/domain"
)

func (e *engine) SealingKeys(context.Context) ([]api.SealingKey, error) {
	return []api.SealingKey{{ID: "0000002a", Primary: true, Known: true, Secrets: 3}}, e.hear("list keys")
}

func (e *engine) RotateKey(context.Context) (string, error) { return "0000002b", e.hear("rotate") }

func (e *engine) RewrapSecrets(context.Context) (int, error) { return 3, e.hear("rewrap") }

func (e *engine) RetireKey(_ context.Context, id string) error { return e.hear("retire %s", id) }

func TestOperatorsLookAfterTheKeys(t *testing.T) {
	e := newEngine(t)
	as := map[string]string{"Authorization": "Operator " + operator}
	for _, c := range []struct{ method, path, want, asked string }{
		{http.MethodGet, "/v1/operator/keys", `{"id":"0000002a","primary":true,"known":true,"secrets":3}`, "list keys"},
		{http.MethodPost, "/v1/operator/keys", `"id":"0000002b"`, "rotate"},
		{http.MethodPost, "/v1/operator/keys/rewrap", `"secrets":3`, "rewrap"},
		{http.MethodDelete, "/v1/operator/keys/0000002a", `"items":[`, "retire 0000002a\nlist keys"},
	} {
		e.heard = nil
		e.call(t, call{method: c.method, path: c.path, header: as}).want(200).contains(c.want)
		if got := e.asked(); got != c.asked {
			t.Errorf("%s %s asked for %q, want %q", c.method, c.path, got, c.asked)
		}
		e.call(t, call{method: c.method, path: c.path, token: "admin-token"}).problem(403, "forbidden")
	}
}

func TestAKeyThatIsNeededStays(t *testing.T) {
	e := newEngine(t)
	e.failWith(&domain.Rejection{Reason: domain.Conflict, Failure: domain.Failure{Code: "key_in_use", Message: "The key still opens secrets", Remedy: "Rewrap first."}})
	p := e.call(t, call{method: http.MethodDelete, path: "/v1/operator/keys/0000002a", header: map[string]string{"Authorization": "Operator " + operator}}).problem(409, "key_in_use")
	if p.Detail != "The key still opens secrets" || p.Remedy != "Rewrap first." {
		t.Errorf("the problem is %+v", p)
	}
}
