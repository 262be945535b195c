package domain_test

import (
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

// TestASignatureReachesFurtherThanTheLast tells that nothing is signed twice, whichever
// engine comes second.
func TestASignatureReachesFurtherThanTheLast(t *testing.T) {
	first, next := domain.LedgerSigned{Position: 7, Digest: "aa", Signature: "x"}, domain.LedgerSigned{Position: 8, Digest: "bb", Signature: "y"}
	then(t, domain.Signed{}.Sign(first), first)
	then(t, given[domain.Signed](first).Sign(first))
	then(t, given[domain.Signed](first, next).Sign(first))
	then(t, given[domain.Signed](first).Sign(next), next)
}
