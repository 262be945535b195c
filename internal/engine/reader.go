package engine

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/casehug/smokeball-sync/adapters/web"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/bulk"
	"github.com/casehug/smokeball-sync/internal/doctor"
	"github.com/casehug/smokeball-sync/internal/retention"
	"github.com/casehug/smokeball-sync/internal/sealing"
	"github.com/casehug/smokeball-sync/projections"
)

// reader answers from the ledger of an engine that does not run, as the engine would.
type Reader struct {
	Handler http.Handler // the API; it answers the operator only
	Access  Access       // its URL stands for the handler: nothing listens there
	close   func() error
}

// OpenReader folds the ledger in a data directory into views of its own. masterKey is the master
// key file; empty: the one in the directory. kept is how long firms keep things that chose nothing.
func OpenReader(ctx context.Context, dir, masterKey string, kept domain.RetentionTimes) (*Reader, error) {
	if err := checkRestored(dir); err != nil {
		return nil, err
	}
	if _, err := os.Stat(ledgerPath(dir)); err != nil {
		return nil, noLedger(dir, err)
	}
	masterKey = cmp.Or(masterKey, filepath.Join(dir, masterKeyFile))
	ledger, err := sealing.OpenLedger(dir, masterKey)
	if err != nil {
		return nil, err
	}
	tmp, err := os.MkdirTemp("", "smokeball-sync-views-*")
	if err != nil {
		return nil, errors.Join(err, ledger.Close())
	}
	views, err := projections.Open(filepath.Join(tmp, "views.db"), &projections.MemoryKeys{})
	if err != nil {
		return nil, errors.Join(err, ledger.Close(), os.RemoveAll(tmp))
	}
	_ = os.RemoveAll(tmp) // a command that is killed leaves no views; where open files stay, closing removes them
	r := &Reader{Access: Access{URL: readerURL, Token: randomID()},
		close: func() error { return errors.Join(views.Close(), ledger.Close(), os.RemoveAll(tmp)) }}
	if err = catchUp(ctx, views, ledger); err == nil {
		r.Handler, err = web.New(readingSite(views, projections.Past{Ledger: ledger, Webhooks: views.Webhooks}, noErasures{erasureList{ledger, views.Erasures, views.Position, nameWith(masterKey)}}, kept, r.Access.Token))
	}
	if err != nil {
		return nil, errors.Join(err, r.close())
	}
	return r, nil
}

// nameWith makes keyed hashes with a master key file that exists.
func nameWith(masterKey string) func(string) (string, error) {
	return func(text string) (string, error) {
		v, err := openVault(masterKey)
		if err != nil {
			return "", err
		}
		return v.Name(text)
	}
}

// Close removes the views.
func (r *Reader) Close() error { return r.close() }

// readerURL is the address under which a reader's handler is called.
const readerURL = "http://127.0.0.1"

// readingSite is the site without what writes: the operator's token opens only what reads.
func readingSite(views *projections.Views, past projections.Past, erased noErasures, kept domain.RetentionTimes, token string) web.Config {
	return web.Config{Views: web.ViewsOf(views), Syncs: syncs{}, Previews: noPreviews{}, Bulks: noBulks{bulkSyncs{bulk.Service{Ledger: past.Ledger}, bulkRowsOf(views)}}, Versions: syncs{}, Links: noLinks{}, Differences: noDifferences{}, Erasures: erased, Accounts: firms{}, Consents: firms{}, Settings: firms{}, Retentions: noRetentions{retention.Service{Ledger: past.Ledger, Defaults: kept}}, Webhooks: firms{}, Mappings: firms{}, Inbox: inbox{}, Allowance: unused{}, Keys: sealingKeys{}, Backups: noBackups{}, DeadLetters: readOnlyDeadLetters{}, Past: past, PublicURL: readerURL,
		OperatorToken: token, Ready: func(context.Context) error { return nil }, Health: noHealth, Registry: prometheus.NewRegistry(),
		Logger: slog.New(slog.DiscardHandler), Now: time.Now, Version: Version()}
}

// noHealth says nothing: doctor reads the folder of a stopped engine itself.
func noHealth(context.Context, bool) doctor.Report {
	return doctor.Report{Version: Version(), At: time.Now().UTC(), Findings: []doctor.Finding{}}
}

// unused is the allowance of an engine that makes no calls.
type unused struct{}

func (unused) Usage(domain.FirmID) projections.Usage { return projections.Usage{} }

// catchUp folds all that the ledger has.
func catchUp(ctx context.Context, views *projections.Views, ledger *eventstore.Bolt) error {
	last, err := ledger.Last(ctx)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	folded := make(chan error, 1)
	go func() { folded <- views.Run(ctx, ledger) }()
	err = views.Wait(ctx, uint64(last))
	stop()
	return errors.Join(err, <-folded)
}
