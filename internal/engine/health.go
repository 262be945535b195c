package engine

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/config"
	"github.com/casehug/smokeball-sync/internal/doctor"
	"github.com/casehug/smokeball-sync/projections"
)

func failed(subject, found, means, do, command string) doctor.Finding {
	return doctor.Finding{Severity: doctor.Failed, Subject: subject, Found: found, Means: means, Do: do, Command: command}
}

func warning(subject, found, means, do, command string) doctor.Finding {
	return doctor.Finding{Severity: doctor.Warning, Subject: subject, Found: found, Means: means, Do: do, Command: command}
}

func fine(found string) doctor.Finding { return doctor.Finding{Severity: doctor.OK, Found: found} }

// health is the one registry of a running engine: /readyz, status and doctor run it.
func (e *Engine) health() doctor.Registry {
	vault := func() eventstore.Signer { return e.smokeball.secrets.Vault }
	ledger := func() eventstore.Store { return e.store.ledger }
	return doctor.Registry{
		{Code: doctor.Configuration, Look: inForce(e.cfg)},
		{Code: doctor.Files, Look: filesOf(e.cfg)},
		{Code: doctor.Disk, Look: diskOf(e.cfg.DataDir)},
		{Code: doctor.Bus, Ready: true, Look: busOf(e.msg.bus, e.cfg.DataDir, e.log)},
		{Code: doctor.Streams, After: []doctor.Code{doctor.Bus}, Look: streamsOf(e.msg.bus)},
		{Code: doctor.Messages, Deep: true, After: []doctor.Code{doctor.Bus, doctor.Streams}, Look: messagesOf(running(e.msg.bus))},
		{Code: doctor.Keys, After: []doctor.Code{doctor.Bus}, Look: keysOf(e.cfg, bucketOf(e.smokeball.secrets), e.store.lostKeys)},
		{Code: doctor.Ledger, Deep: true, After: ledgerCauses(e.store.onCluster), Look: ledgerOf(ledger, time.Now)},
		{Code: doctor.Signature, Deep: true, After: []doctor.Code{doctor.Ledger, doctor.Keys}, Look: signatureOf(ledger, vault)},
		{Code: doctor.Views, After: ledgerCauses(e.store.onCluster), Look: viewsOf(ledger, e.store.views)},
		{Code: doctor.Erasures, After: []doctor.Code{doctor.Views}, Look: erasuresOf(e)},
		{Code: doctor.Clock, Deep: true, Look: clockOf(e.cfg, time.Now)},
		{Code: doctor.SignIn, Deep: true, Look: signInOf(e.cfg, e.signIn.users != nil)},
		{Code: doctor.Smokeball, Deep: true, After: []doctor.Code{doctor.Configuration}, Look: smokeballOf(e.smokeball.client)},
		{Code: doctor.Connection, After: []doctor.Code{doctor.Views}, Look: connectionsOf(e.statuses)},
		{Code: doctor.PublicURL, Deep: true, Look: publicURLOf(e.cfg)},
		{Code: doctor.Answers, After: []doctor.Code{doctor.Views, doctor.Smokeball, doctor.Connection}, Look: answersOf(e.statuses)},
		{Code: doctor.Webhooks, After: []doctor.Code{doctor.Views, doctor.Smokeball, doctor.PublicURL, doctor.Connection, doctor.Answers}, Look: webhooksOf(e.statuses)},
		{Code: doctor.Allowance, After: []doctor.Code{doctor.Smokeball}, Look: allowanceOf(e.smokeball.client)},
		{Code: doctor.Syncs, After: []doctor.Code{doctor.Views, doctor.Smokeball}, Look: syncsOf(e.statuses)},
		{Code: doctor.DeadLetters, After: []doctor.Code{doctor.Views}, Look: deadLettersOf(e.store.views)},
	}
}

// ledgerCauses are what the ledger depends on: on a cluster it is a stream of the bus.
func ledgerCauses(onCluster bool) []doctor.Code {
	if onCluster {
		return []doctor.Code{doctor.Bus}
	}
	return nil
}

// checkup runs the checks of a running engine.
type checkup doctor.Registry

// report answers the operator: all checks, or those that cost nearly nothing.
func (c checkup) report(ctx context.Context, deep bool) doctor.Report {
	kind := doctor.Quick
	if deep {
		kind = doctor.Deep
	}
	return doctor.Report{Version: Version(), At: time.Now().UTC(), Running: true, Findings: doctor.Registry(c).Run(ctx, kind)}
}

// ready reports what keeps the engine from taking work.
func (c checkup) ready(ctx context.Context) error {
	f := doctor.FirstFailed(doctor.Registry(c).Run(ctx, doctor.Ready))
	if f == nil {
		return nil
	}
	return errors.New(f.Found + ": " + f.Do)
}

// busOf says whether the bus stores events.
func busOf(b *bus.Bus, dir string, log *slog.Logger) func(context.Context) []doctor.Finding {
	return func(context.Context) []doctor.Finding {
		if !b.Conn().IsConnected() {
			return []doctor.Finding{failed("", "the bus can't be reached", "no event gets in or out", "check the NATS servers of ENGINE_NATS_URL", "")}
		}
		err := b.Fault()
		if errors.Is(err, bus.ErrNoQuorum) {
			return []doctor.Finding{failed("", "the NATS cluster stores no events: "+err.Error(), "no event gets in or out",
				"start the NATS servers of ENGINE_NATS_URL that are down, and mend what keeps them from each other; more than half are required", "")}
		}
		if err != nil {
			log.Warn("the bus can't store events", "dir", dir, "err", err)
			return []doctor.Finding{failed("", "the bus can't store events", "publishers get no acknowledgement",
				"free space on the disk of ENGINE_DATA_DIR, or replace it; the log says more", "df -h "+shellWord(dir))}
		}
		return nil
	}
}

// inForce says what the settings of a running engine prevent.
func inForce(cfg config.Settings) func(context.Context) []doctor.Finding {
	return func(context.Context) []doctor.Finding { return settingsInForce(cfg) }
}

func settingsInForce(cfg config.Settings) (list []doctor.Finding) {
	if cfg.NATSInsecure && cfg.NATSURL == "" {
		list = append(list, warning("ENGINE_NATS_INSECURE", "the bus takes publishers without users and TLS", "whoever reaches its port can publish for every firm",
			"set ENGINE_NATS_USERS_FILE, ENGINE_NATS_TLS_CERT and ENGINE_NATS_TLS_KEY, and remove ENGINE_NATS_INSECURE", ""))
	}
	if cfg.NATSURL != "" && cfg.Parsed.Waits.Visible <= bus.LeaseLifetime {
		list = append(list, warning("ENGINE_VISIBILITY_WAIT", "it is not longer than a lease lives without its engine", "after a takeover something may be made twice",
			"set it to more than "+bus.LeaseLifetime.String(), ""))
	}
	return list
}

// statuses are all firms' connections, as the API shows them.
func (e *Engine) statuses() ([]projections.ConnectionBody, error) {
	return connectionsIn(e.store.views, e.connections())
}

// connections reads firms' connections.
func (e *Engine) connections() projections.ConnectionReader {
	return projections.ConnectionReader{Rows: currentRowsOf(e.store.views), Usage: usageOf(e).Usage, Stalled: e.jobs.stalls.Of, Every: e.sweeps.Every, Region: e.cfg.Region, Now: time.Now}
}

func connectionsIn(views *projections.Views, read projections.ConnectionReader) ([]projections.ConnectionBody, error) {
	rows, err := views.Connections.AllConnections()
	if err != nil {
		return nil, err
	}
	var list []projections.ConnectionBody
	for _, r := range rows {
		b, err := read.Read(r.Firm)
		if err != nil {
			return nil, err
		}
		list = append(list, b)
	}
	return list, nil
}

// connectionStatus is a firm's connection as CaseHug is told of it.
func (e *Engine) connectionStatus(ctx context.Context, f domain.FirmID, position uint64) (json.RawMessage, error) {
	if err := e.store.views.Wait(ctx, position); err != nil {
		return nil, err
	}
	b, err := e.connections().Read(f)
	if err != nil {
		return nil, err
	}
	return json.Marshal(b)
}
