package web

import "net/url"

// Patterns are those of every route.
func Patterns(c Config) ([]string, error) {
	public, err := url.Parse(c.PublicURL)
	if err != nil {
		return nil, err
	}
	s, err := newSite(c, public)
	if err != nil {
		return nil, err
	}
	mux, err := s.routes()
	if err != nil {
		return nil, err
	}
	return mux.patterns, nil
}

// ActionOf is the word for what a route does.
func ActionOf(pattern string) string { return string(actionOf(pattern)) }
