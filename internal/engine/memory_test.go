package engine

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/config"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// Ceilings of what is live on the heap after a collection, in bytes. What the process takes besides,
// such as mapped files and memory that the runtime holds free, internal/rig/bench measures.
const (
	idleCeiling = 9_000_000 // an engine that nobody asks anything
	firmCeiling = 14_000    // a connected firm that nothing happens to
)

func TestAnIdleEngineTakesLittleMemory(t *testing.T) {
	held := heldBy(t, 0, idleCeiling)
	t.Logf("%.1f MB", float64(held)/1e6)
	if held > idleCeiling {
		t.Errorf("an idle engine holds %d bytes, want at most %d", held, idleCeiling)
	}
}

func TestAConnectedFirmTakesLittleMemory(t *testing.T) {
	const firms = 2_000
	none := heldBy(t, 0, idleCeiling)
	each := (heldBy(t, firms, none+firms*firmCeiling) - none) / firms
	t.Logf("%d bytes a firm", each)
	if each > firmCeiling {
		t.Errorf("a connected firm takes %d bytes of memory, want at most %d", each, firmCeiling)
	}
}

// heldBy is what an engine with so many connected firms holds once its rows show them and what the start set off has
// ended, which is when it holds no more than the ceiling. If that does not come, it is what the engine holds after a minute.
func heldBy(t *testing.T, firms int, ceiling int64) int64 {
	t.Helper()
	vendor := smokeballsim.New(smokeballsim.Config{ClientID: appID, ClientSecret: appSecret, APIKey: appKey, Rate: -1})
	address, err := vendor.Start("127.0.0.1:0")
	must(t, err)
	address = "http://" + strings.TrimPrefix(address, "http://")
	defer func() { must(t, vendor.Close()) }()
	cfg := config.Settings{DataDir: memory(t), Listen: "127.0.0.1:0", PublicURL: "http://localhost:8080", NATSListen: "off", Replicas: "1", ClientID: appID, ClientSecret: appSecret,
		APIKey: appKey, Region: "us", Environment: "production", APIURL: address, AuthURL: address,
		Rate: "5", Burst: "5", Authorization: "720h", Visible: "30s", Confirm: "3m", GiveUp: "24h", Sweep: "10m", LogLevel: "error"}
	must(t, cfg.Check())
	last := connectFirms(t, cfg.DataDir, firms)
	before := liveHeap()
	e, err := Open(t.Context(), cfg, Options{Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- e.Serve(ctx, func() { close(ready) }) }()
	select {
	case <-ready:
	case err := <-ended:
		t.Fatal(err)
	}
	must(t, e.Views().Wait(t.Context(), last))
	held := liveHeap() - before
	for end := time.Now().Add(time.Minute); held > ceiling && time.Now().Before(end); held = liveHeap() - before {
		time.Sleep(50 * time.Millisecond) // no signal says that memory was given up
	}
	stop()
	must(t, <-ended)
	return held
}

// connectFirms writes the ledger of so many connected firms, and returns its last position.
func connectFirms(t *testing.T, dir string, n int) (last uint64) {
	t.Helper()
	ledger, err := eventstore.OpenBolt(filepath.Join(dir, "ledger.db"), eventstore.BoltOptions{Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	for i := range n {
		at := time.Now().UTC()
		head, err := ledger.Append(t.Context(), eventstore.Commit{Stream: domain.ConnectionStream(domain.FirmID(fmt.Sprint("f_", i))), At: at,
			Events: []domain.Event{domain.ConnectionAuthorized{Attempt: "a", Account: domain.Account{ID: fmt.Sprint("account-", i), Name: fmt.Sprint("Firm ", i)},
				Region: "us", By: "u_admin", ReauthorizeBy: at.Add(30 * 24 * time.Hour)}}})
		must(t, err)
		last = uint64(head.Seq)
	}
	must(t, ledger.Close())
	return last
}

func liveHeap() int64 {
	runtime.GC()
	runtime.GC() // what finalizers have released
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
