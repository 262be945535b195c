package web

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/casehug/smokeball-sync/adapters/web/auth"
	"github.com/casehug/smokeball-sync/adapters/web/console"
	"github.com/casehug/smokeball-sync/adapters/web/problem"
	"github.com/casehug/smokeball-sync/adapters/web/reading"
)

// site is the parts of the HTTP side that several routes share.
type site struct {
	Config
	public    *url.URL
	report    problem.Reporter
	callers   *auth.Callers
	cookies   auth.Cookies
	forms     *http.CrossOriginProtection
	trail     *auth.Trail
	gate      *auth.Guard
	limits    *auth.Limits
	streams   *auth.Streams
	bodies    *auth.Bodies // of unknown callers' forms
	templates *console.Templates
	errors    *console.ErrorPages
	progress  reading.Progress
}

func newSite(c Config) (*site, error) {
	public, err := c.check()
	if err != nil {
		return nil, err
	}
	s := &site{Config: c, public: public, report: problem.Reporter{Logger: c.Logger}, limits: auth.NewLimits(c.Now), bodies: auth.NewForms(),
		cookies: auth.Cookies{Secure: public.Scheme == "https", Now: c.Now}, forms: http.NewCrossOriginProtection(), progress: reading.Progress{Views: c.Views.Progress}}
	if err := s.forms.AddTrustedOrigin(s.origin()); err != nil {
		return nil, err
	}
	if s.trail, err = auth.NewTrail(c.Refusals, c.Registry); err != nil {
		return nil, err
	}
	if s.streams, err = auth.NewStreams(c.Registry); err != nil {
		return nil, err
	}
	if s.templates, err = console.ParseTemplates(c.Now); err != nil {
		return nil, err
	}
	s.callers = auth.NewCallers(c.Users, c.Sessions, s.cookies, c.OperatorToken)
	s.gate = auth.NewGate(s.callers, s.forms, s.limits, s.trail, s.report)
	s.errors = &console.ErrorPages{Templates: s.templates, Callers: s.callers, Forms: s.forms, Firms: c.Views.Connections, Report: s.report, SignIn: c.Users != nil, Now: c.Now}
	return s, nil
}

// origin is the public address without a path.
func (s *site) origin() string { return s.public.Scheme + "://" + s.public.Host }

// handler serves every route.
func (s *site) handler() (http.Handler, error) {
	mux, err := s.routes()
	if err != nil {
		return nil, err
	}
	csp, err := contentPolicy(s.origin(), s.ConsentURL)
	if err != nil {
		return nil, err
	}
	served, err := newServed(s.Registry)
	if err != nil {
		return nil, err
	}
	return &middleware{mux: mux.ServeMux, errors: s.errors, logger: s.Logger, served: served, csp: csp, secure: s.cookies.Secure}, nil
}

// signIn begins and ends sessions.
func (s *site) signIn() *auth.SignIn {
	return &auth.SignIn{Callers: s.callers, Forms: s.forms, Pages: s.errors, Origins: append(slices.Clip(s.CaseHugOrigins), s.origin()), Codes: s.Codes}
}

// connections describes connections, for answers and pages.
func (s *site) connections() reading.Connections {
	return reading.Connections{Views: s.Views.Progress, Rows: s.Views.Connections, History: s.Views.History, Drift: s.Views.Drift, Allowance: s.Allowance,
		Stalled: s.Stalled, Every: s.SweptEvery, Region: s.Region, Now: s.Now}
}

func (s *site) mappings() reading.MappingReader {
	return reading.MappingReader{Firms: s.Views.Connections, Matters: s.Views.Matters, Counts: s.Views.Counts, Mappings: s.Mappings}
}

func (s *site) dryRuns() reading.DryRuns {
	return reading.DryRuns{Mappings: s.mappings(), Previews: s.Previews, Allowance: s.Allowance}
}

// provenances read where the values of matters come from.
func (s *site) provenances() reading.Provenances {
	return reading.Provenances{Ledger: s.Past, Rows: s.Views.Matters, Fields: s.Views.Fields, Firms: s.Views.Connections, Views: s.Views.Progress}
}

func (s *site) past() reading.Past { return reading.Past{Past: s.Past, Now: s.Now} }

func (s *site) audit() reading.Audit {
	return reading.Audit{Progress: s.progress, Firms: s.Views.Connections, Rows: s.Views.Audit, Refusals: s.Refusals}
}
