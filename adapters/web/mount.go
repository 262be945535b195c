package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/casehug/smokeball-sync/adapters/web/api"
	"github.com/casehug/smokeball-sync/adapters/web/auth"
	"github.com/casehug/smokeball-sync/adapters/web/console"
	"github.com/casehug/smokeball-sync/domain"
)

// route is one row of the table. Rows are written without field names, so that one that
// leaves a column out does not compile; check refuses an action that is missing or wrong.
type route struct {
	pattern string // method and path
	access  auth.Access
	action  domain.Action // that the audit trail names; none where everybody may
	serve   server
}

// check reports a row without an action that requires one. A command may not have the
// action of a read: the audit trail would say that somebody only looked.
func (rt route) check() error {
	switch {
	case rt.access.Open && rt.action != none:
		return fmt.Errorf("route %s: everybody may use it, and it has the audit action %s", rt.pattern, rt.action)
	case rt.access.Open:
		return nil
	case rt.action == none:
		return fmt.Errorf("route %s has no audit action", rt.pattern)
	case strings.HasSuffix(string(rt.action), ".read") && !strings.HasPrefix(rt.pattern, http.MethodGet+" "):
		return fmt.Errorf("route %s changes something, and its audit action is %s", rt.pattern, rt.action)
	}
	return nil
}

// router is where routes are mounted. It keeps the rows and what the mux got of them.
type router struct {
	*http.ServeMux
	api      *api.API
	shell    *console.Shell
	mounted  []route
	patterns []string
}

// Handle adds a route.
func (m *router) Handle(pattern string, h http.Handler) {
	m.patterns = append(m.patterns, pattern)
	m.ServeMux.Handle(pattern, h)
}

// HandleFunc adds a route.
func (m *router) HandleFunc(pattern string, h func(http.ResponseWriter, *http.Request)) {
	m.Handle(pattern, http.HandlerFunc(h))
}

// mount adds the routes of a table; the error names every row that is wrong.
func (m *router) mount(table []route) error {
	var faults []error
	for _, rt := range table {
		if err := rt.check(); err != nil {
			faults = append(faults, err)
			continue
		}
		m.mounted = append(m.mounted, rt)
		rt.serve(m, auth.Route{Pattern: rt.pattern, Access: rt.access, Action: rt.action})
	}
	return errors.Join(faults...)
}

// server serves a route.
type server func(*router, auth.Route)

// operation serves a route by an operation of the API.
func operation[I, O any](summary string, do func(context.Context, *I) (*O, error), more ...api.Option) server {
	return func(m *router, rt auth.Route) { api.Mount(m.api, rt, summary, do, more...) }
}

// page serves a route by a page or form of the console.
func page(show console.Page) server {
	return func(m *router, rt auth.Route) { m.Handle(rt.Pattern, m.shell.Serve(rt, show)) }
}

// plain serves a route by a handler that identifies its callers itself, or serves everybody.
func plain(h http.HandlerFunc) server {
	return func(m *router, rt auth.Route) { m.Handle(rt.Pattern, h) }
}
