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
	if s.templates, err = console.ParseTemplates(c.Now); err != nil {
		return nil, err
	}
	s.callers = auth.NewCallers(c.Users, c.Sessions, s.cookies, c.OperatorToken)
	s.gate = auth.NewGate(s.callers, s.forms, s.limits, s.trail, s.report)
	s.errors = &console.ErrorPages{Templates: s.templates, Callers: s.callers, Firms: c.Views.Connections, Report: s.report, SignIn: c.Users != nil, Now: c.Now}
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
	return &middleware{mux: mux.ServeMux, errors: s.errors, logger: s.Logger, csp: csp, secure: s.cookies.Secure}, nil
}

// signIn begins and ends sessions.
func (s *site) signIn() *auth.SignIn {
	return &auth.SignIn{Callers: s.callers, Forms: s.forms, Pages: s.errors, Origins: append(slices.Clip(s.CaseHugOrigins), s.origin()), OneTime: s.OneTime}
}

// connections describes connections, for answers and pages.
func (s *site) connections() reading.Connections {
	return reading.Connections{Views: s.Views.Progress, Rows: s.Views.Connections, History: s.Views.History, Allowance: s.Allowance,
		Stalled: s.Stalled, Region: s.Region, Now: s.Now}
}

func (s *site) mappings() reading.MappingReader {
	return reading.MappingReader{Firms: s.Views.Connections, Matters: s.Views.Matters, Mappings: s.Mappings}
}

func (s *site) past() reading.Past { return reading.Past{Past: s.Past, Now: s.Now} }

func (s *site) audit() reading.Audit {
	return reading.Audit{Progress: s.progress, Firms: s.Views.Connections, Rows: s.Views.Audit, Refusals: s.Refusals}
}
