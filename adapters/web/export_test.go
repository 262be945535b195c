package web

import (
	"errors"

	"github.com/casehug/smokeball-sync/domain"
)

// Actions are the audit actions of every route, by pattern.
func Actions(c Config) (map[string]domain.Action, error) {
	s, err := newSite(c)
	if err != nil {
		return nil, err
	}
	m, err := s.routes()
	if err != nil {
		return nil, err
	}
	actions := map[string]domain.Action{}
	for _, rt := range m.mounted {
		actions[rt.pattern] = rt.action
	}
	if len(actions) != len(m.patterns) {
		return nil, errors.New("a route is mounted beside the table")
	}
	return actions, nil
}

// CheckRoute reports what is wrong with a row of the table.
func CheckRoute(pattern string, open bool, action domain.Action) error {
	a := admins
	if open {
		a = everybody
	}
	return route{pattern, a, action, nil}.check()
}
