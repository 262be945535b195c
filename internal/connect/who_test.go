package connect_test

import (
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

// TestAFailedAttemptNamesWhoAsked: the fact of a failure says whose link it was.
func TestAFailedAttemptNamesWhoAsked(t *testing.T) {
	c := newCounter(t)
	_, err := c.finish(c.visit(c.link(admin), "deny", ""), &admin)
	c.wantsRejection(err, domain.Denied, domain.CodeAuthorizationDenied)
	var failed []domain.AuthorizationFailed
	for env, err := range c.bolt.Read(t.Context(), domain.ConnectionStream(oak)) {
		c.must(err)
		if e, ok := env.Event.(domain.AuthorizationFailed); ok {
			failed = append(failed, e)
		}
	}
	if len(failed) != 1 || failed[0].By != admin.Subject || failed[0].Failure.Code != domain.CodeAuthorizationDenied {
		t.Errorf("the failures are %+v", failed)
	}
}
