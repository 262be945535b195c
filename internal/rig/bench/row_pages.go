package main

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// What a page of the console may cost.
const (
	pageBytes = 100_000
	pageTime  = 50 * time.Millisecond
)

// pageEntries is the length of the firm's history that the pages show.
const pageEntries = 100_000

// pages are those that the side bar does not lead to, or not in this way.
var pages = []string{"/integrations/settings", "/integrations/mappings", "/integrations/mappings?add=1", "/integrations/advanced", "/integrations/as-of", "/integrations/disconnect",
	"/history?status=failed", "/history?q=Smith", "/history?trigger=manual", "/history/s_7_1", "/matters?q=Smith", "/matters/m_7", "/matters/m_7/preview", "/matters/m_7/link"}

// measurePages asks for each page of the console as a signed-in firm admin's browser does.
func measurePages(ctx context.Context, l *lab) (list []result, err error) {
	past := history{firms: 1, syncs: 50}
	past.events = l.size(pageEntries, 1_000) / past.syncs * past.perMatter()
	s, err := l.openSiteWith(ctx, unlimited, past)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	b := &pageReader{site: s, files: map[string]int{}}
	if err := b.signIn(ctx); err != nil {
		return nil, err
	}
	paths, err := b.sideBar(ctx)
	if err != nil {
		return nil, err
	}
	for _, path := range append(paths, pages...) {
		p, err := b.measure(ctx, path, l.size(40, 3))
		if err != nil {
			return list, err
		}
		list = append(list, p.result(past.matters()*past.syncs))
	}
	return list, nil
}

// pageReader is a browser that is signed in, as far as costs go.
type pageReader struct {
	*site
	browser *http.Client
	files   map[string]int // bytes of the files that pages name
}

func (b *pageReader) signIn(ctx context.Context) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	b.browser = &http.Client{Jar: jar, Transport: b.way.Transport}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.cfg.PublicURL+"/session", strings.NewReader(url.Values{"token": {b.admin}}.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := b.browser.Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// pageCost is what a page costs.
type pageCost struct {
	path        string
	bare, whole int // bytes over the wire: of the page, and with the files that it names
	took        times
}

func (p pageCost) result(entries int) result {
	return result{what: fmt.Sprintf("page %s, %s entries", p.path, thousands(float64(entries))), goal: "≤ 100 KB over the wire, p50 ≤ 50 ms",
		measured: fmt.Sprintf("%.1f KB, with its files %.1f KB; p50 %s", float64(p.bare)/1e3, float64(p.whole)/1e3, ms(p.took.at(.5))),
		met:      p.whole <= pageBytes && p.took.at(.5) <= pageTime}
}

// sideBar are the pages that the console's navigation leads to.
func (b *pageReader) sideBar(ctx context.Context) ([]string, error) {
	page, _, err := b.get(ctx, "/integrations")
	if err != nil {
		return nil, err
	}
	bar, _, _ := strings.Cut(page, "<main")
	paths := matches(linked, bar)
	if len(paths) < 5 {
		return nil, fmt.Errorf("the side bar leads to %v only", paths)
	}
	return paths, nil
}

// What a page leads to, and the files that it names.
var (
	linked = regexp.MustCompile(`<a [^>]*href="(/[^"#]*)"`)
	named  = regexp.MustCompile(`(?:src|href)="(/static/[^"]+)"`)
)

func matches(of *regexp.Regexp, text string) (list []string) {
	for _, m := range of.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(list, m[1]) {
			list = append(list, m[1])
		}
	}
	return list
}

func (b *pageReader) measure(ctx context.Context, path string, times int) (p pageCost, err error) {
	p.path = path
	var text string
	for range times {
		began := time.Now()
		if text, p.bare, err = b.get(ctx, path); err != nil {
			return p, err
		}
		p.took = append(p.took, time.Since(began))
	}
	p.whole = p.bare
	for _, file := range matches(named, text) {
		if _, known := b.files[file]; !known {
			if _, b.files[file], err = b.get(ctx, file); err != nil {
				return p, err
			}
		}
		p.whole += b.files[file]
	}
	return p, nil
}

// get reads a page, and returns its bytes over the wire.
func (b *pageReader) get(ctx context.Context, path string) (text string, wire int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.cfg.PublicURL+path, nil)
	if err != nil {
		return "", 0, err
	}
	req.Header.Set("Accept-Encoding", "gzip")
	req.Header.Set("Accept", "text/html")
	resp, err := b.browser.Do(req)
	if err != nil {
		return "", 0, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return "", 0, errors.Join(err, fmt.Errorf("GET %s: %s", path, resp.Status))
	}
	if resp.Header.Get("Content-Encoding") != "gzip" {
		return string(data), len(data), nil
	}
	z, err := gzip.NewReader(strings.NewReader(string(data)))
	if err != nil {
		return "", 0, err
	}
	plain, err := io.ReadAll(z)
	return string(plain), len(data), err
}
