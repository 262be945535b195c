package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"golang.org/x/sync/errgroup"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/syncing"
	"github.com/casehug/smokeball-sync/projections"
)

// A dead letter holds 64 KiB of a body and the digest of the whole; of a firm that has 1,000
// open ones it holds no body, and those of other firms do.
func TestDeadLettersHoldSoMuch(t *testing.T) {
	dir := t.TempDir()
	views, err := projections.Open(filepath.Join(dir, "views.db"), &projections.MemoryKeys{})
	if err != nil {
		t.Fatal(err)
	}
	ledger, err := eventstore.OpenBolt(filepath.Join(dir, "ledger.db"), eventstore.BoltOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	folded := make(chan error, 1)
	go func() { folded <- views.Run(ctx, ledger) }()
	defer func() {
		stop()
		if err := errors.Join(<-folded, views.Close(), ledger.Close()); err != nil {
			t.Error(err)
		}
	}()
	i := intake{firms: views.Connections}
	keep := func(firm string) domain.DeadLettered {
		m := message.NewMessage("1", bytes.Repeat([]byte("x"), 100<<10))
		m.Metadata.Set(bus.MetaSubject, "casehug."+firm+".matter.created")
		m.Metadata.Set(bus.MetaSeq, "17")
		_, letter := deadLetterOf(m, &domain.Unprocessable{Code: domain.CodeInvalidEvent}, i.deadLettersAreFull)
		if letter.Size != 100<<10 || len(letter.SHA256) != 64 || letter.Message != "INBOX 17" {
			t.Errorf("it says of the whole: %d bytes, SHA-256 %q, %s", letter.Size, letter.SHA256, letter.Message)
		}
		return letter
	}
	if n := len(keep("f_oak").Body); n != 64<<10 {
		t.Errorf("it holds %d bytes", n)
	}
	var events errgroup.Group
	events.SetLimit(64)
	for i := range 1000 {
		events.Go(func() error {
			letter := domain.DeadLettered{Subject: "casehug.f_oak.matter.created", Body: fmt.Append(nil, i)}
			_, err := syncing.DeadLetters{Ledger: ledger, Now: time.Now}.Keep(t.Context(), "f_oak", letter)
			return err
		})
	}
	if err := errors.Join(events.Wait(), views.Wait(t.Context(), 1000)); err != nil {
		t.Fatal(err)
	}
	if n := len(keep("f_oak").Body); n != 0 {
		t.Errorf("beside 1,000 open ones it holds %d bytes", n)
	}
	if n := len(keep("f_elm").Body); n != 64<<10 {
		t.Errorf("another firm's holds %d bytes", n)
	}
}
