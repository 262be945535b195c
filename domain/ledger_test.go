package domain_test

import (
	"testing"
	"time"

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

// TestTheLedgerKnowsHowLongItsBackupsAreKept tells that a backup that is kept for a shorter time does
// not hide one that is kept longer.
func TestTheLedgerKnowsHowLongItsBackupsAreKept(t *testing.T) {
	long, short := start.AddDate(0, 3, 0), start.AddDate(0, 1, 0)
	b := given[domain.Backups](domain.LedgerBackupStarted{Backup: "bk_1", Until: long}, domain.LedgerBackupStarted{Backup: "bk_2", Until: short}, domain.LedgerRestored{Backup: "bk_1"})
	kept := b.Holding(start.Add(time.Minute), start)
	if len(kept) != 2 || !domain.LastUntil(kept).Equal(long) {
		t.Errorf("kept are %v, want two until %s", kept, long)
	}
	if kept := b.Holding(start.Add(time.Minute), short); len(kept) != 1 || !domain.LastUntil(kept).Equal(long) {
		t.Errorf("after the first has ended, kept are %v", kept)
	}
	if kept := b.Holding(start, start); len(kept) != 0 || !domain.LastUntil(kept).IsZero() {
		t.Errorf("before the first backup %v are kept", kept)
	}
	if !b.Restored.Equal(start.Add(2 * time.Second)) {
		t.Errorf("restored at %s", b.Restored)
	}
}
