package syncing_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/syncing"
	"github.com/casehug/smokeball-sync/projections"
)

func (d *desk) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

// Of two dead letters the one that has been open for 90 days is closed by itself.
func TestOldDeadLettersAreClosed(t *testing.T) {
	d, now := newDesk(t), time.Now()
	d.Now = func() time.Time { return now.Add(-domain.DeadLetterRetention - time.Hour) }
	old := d.keeps()
	d.Now = func() time.Time { return now.Add(-domain.DeadLetterRetention + time.Hour) }
	young := d.keeps(func(l *domain.DeadLettered) { l.Body = []byte("[") })
	views, err := projections.Open(filepath.Join(t.TempDir(), "views.db"), &projections.MemoryKeys{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	folded := make(chan error, 1)
	go func() { folded <- views.Run(ctx, d.ledger) }()
	defer func() { stop(); d.must(<-folded); d.must(views.Close()) }()
	d.must(views.Wait(t.Context(), 2))
	end := syncing.DeadLetterRetention{Ledger: d.ledger, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler), Old: views.DeadLetters.OldDeadLetters,
		Firms: func() ([]domain.FirmID, error) { return []domain.FirmID{oak}, nil }}
	d.must(end.Look(t.Context()))
	if d.state(old) != domain.DeadLetterDiscarded || d.state(young) != domain.DeadLetterOpen {
		t.Errorf("after 90 days the old one is %s, the young one %s", d.state(old), d.state(young))
	}
}
