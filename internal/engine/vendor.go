package engine

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"github.com/casehug/smokeball-sync/adapters/lease"
	"github.com/casehug/smokeball-sync/adapters/secrets"
	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/config"
	"github.com/casehug/smokeball-sync/internal/connect"
)

// vendor is Smokeball: its client, and firms' connections to it.
type vendor struct {
	client      *smokeball.Client
	secrets     *secrets.Bucket
	connections *connect.Service
	reconciler  *connect.Reconciler
	health      *connect.Health
	redirect    string // where Smokeball's sign-in sends browsers back to
	log         *slog.Logger
}

// vendorConfig is what a vendor is opened with.
type vendorConfig struct {
	cfg     config.Settings
	log     *slog.Logger
	metrics prometheus.Registerer
	tracer  trace.Tracer
	store   storage
	secrets *secrets.Bucket
	tokens  smokeball.TokenStore
	way     http.RoundTripper // nil: the network
}

const callbackPath = "/oauth/smokeball/callback"

func openVendor(c vendorConfig) (vendor, error) {
	cfg, health := c.cfg, connect.NewHealth(c.log)
	client, err := smokeball.New(smokeball.Config{Hosts: cfg.Parsed.Hosts, ClientID: cfg.ClientID, ClientSecret: cfg.ClientSecret,
		APIKey: cfg.APIKey, Rate: cfg.Parsed.Rate, Burst: cfg.Parsed.Burst, PrivateApps: cfg.Parsed.Private,
		Store: c.tokens, Transport: c.way, Permit: lease.Sure, Registerer: c.metrics, Tracer: c.tracer, Log: c.log,
		Trouble: func(t smokeball.Trouble) { health.Tell(t.Firm, t.Since, t.Failure) }})
	if err != nil {
		return vendor{}, err
	}
	v := vendor{client: client, secrets: c.secrets, health: health, redirect: cfg.PublicURL + callbackPath, log: c.log}
	v.connections = connect.New(connect.Config{Ledger: c.store.ledger, Secrets: c.secrets, Names: c.secrets, Vault: c.secrets.Vault, Views: firmRows{c.store.views.Progress, c.store.views.Connections}, Region: cfg.Region, PublicURL: cfg.PublicURL,
		Consent: v.consent(), Try: v.consent().try, Subscriptions: subscriptions{client}, Accounts: client, Types: client,
		WebhookTypes: smokeball.WebhookTypes(), Issuer: cmp.Or(cfg.Issuer, cfg.Parsed.Hosts.Auth),
		Authorization: cfg.Parsed.Authorization, SharedAccounts: cfg.SharedAccounts, Now: time.Now, Log: c.log})
	v.reconciler = &connect.Reconciler{Service: v.connections, Log: c.log}
	v.health.Service = v.connections
	return v, nil
}

func (v vendor) consent() consent { return consent{v.client, v.redirect} }

// try tells operators at the start what of the settings does not fit Smokeball, as far as that
// can be asked at no cost; the engine goes on all the same.
func (v vendor) try(ctx context.Context) error {
	report := func(refused, untried string, f domain.FirmID, err error) {
		if err == nil || ctx.Err() != nil {
			return
		}
		what := refused
		if ce := domain.AsCallError(err); ce != nil && ce.Failure.Code == domain.CodeSmokeballUnavailable {
			what = untried
		}
		connect.Report(v.log, what+"; the engine goes on", f, err)
	}
	report("Smokeball’s sign-in does not take the app’s credentials", "Smokeball’s sign-in cannot be asked whether it takes the app’s credentials", "", v.client.OAuth().TryCredentials(ctx))
	report("Smokeball’s sign-in would not ask firms for their consent", "Smokeball’s sign-in cannot be asked whether it would ask firms for their consent", "", v.consent().try(ctx, ""))
	for f, err := range v.client.TryOwn(ctx) {
		report("Smokeball’s sign-in does not take the credentials of a firm’s own app", "Smokeball’s sign-in cannot be asked whether it takes the credentials of a firm’s own app", f, err)
	}
	const nobody = "Nobody answers at the host of Smokeball’s API"
	report(nobody, nobody, "", v.client.TryHost(ctx))
	return nil
}

// opens requires the master key file to be the one that the secrets were sealed with: with
// another one every firm would have to connect again.
func opens(ctx context.Context, secrets *secrets.Bucket, ask func(context.Context, func(context.Context) error) error, file string) error {
	var lost []string
	err := ask(ctx, func(ctx context.Context) (err error) {
		lost, err = secrets.Lost(ctx)
		return err
	})
	if err != nil || len(lost) == 0 {
		return err
	}
	return fmt.Errorf("ENGINE_MASTER_KEY_FILE is %s: it does not open %d secrets that were sealed before; it needs the file that this data was sealed with, from your backup (if that is lost for good: smokeball-sync keys forget, and the firms connect again)",
		file, len(lost))
}
