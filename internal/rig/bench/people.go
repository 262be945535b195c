package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"

	"github.com/casehug/smokeball-sync/domain"
)

// call is a firm admin's call of the API.
func (s *site) call(ctx context.Context, method, path string, in, out any) error {
	return s.callOf(ctx, firm, s.admin, method, path, in, out)
}

// callOf is a call of the API about a firm, with a token.
func (s *site) callOf(ctx context.Context, f domain.FirmID, token, method, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, s.cfg.PublicURL+"/v1/firms/"+string(f)+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	return answered(s.way, req, out)
}

// answered makes a call that has to succeed.
func answered(client *http.Client, req *http.Request, out any) error {
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode > 299 {
		return fmt.Errorf("%s %s: %s: %.300s", req.Method, req.URL.Path, resp.Status, data)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(data, out)
}

// connect is a firm admin who connects the firm and registers webhooks.
func (s *site) connect(ctx context.Context) error {
	var link struct {
		URL string `json:"authorize_url"`
	}
	if err := s.call(ctx, http.MethodPost, "/connection/authorize", nil, &link); err != nil {
		return err
	}
	if err := s.consentAs(ctx, s.admin, link.URL, ""); err != nil {
		return err
	}
	return s.call(ctx, http.MethodPost, "/webhooks", nil, nil)
}

// consentAs signs an admin in to the console, allows the app at Smokeball and follows its redirects. Without an
// account Smokeball does not ask for one.
func (s *site) consentAs(ctx context.Context, token, address, account string) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	browser := &http.Client{Jar: jar, Transport: s.way.Transport}
	signIn, err := http.NewRequestWithContext(ctx, http.MethodPost, s.cfg.PublicURL+"/session", strings.NewReader(url.Values{"token": {token}}.Encode()))
	if err != nil {
		return err
	}
	signIn.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if err := answered(browser, signIn, nil); err != nil {
		return err
	}
	method, decision := http.MethodGet, url.Values{}
	if account != "" {
		method, decision = http.MethodPost, url.Values{"account": {account}, "decision": {"allow"}}
	}
	consent, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(decision.Encode()))
	if err != nil {
		return err
	}
	consent.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return answered(browser, consent, nil)
}

// tap is Smokeball's way to the engine's webhook address. It remembers the newest delivery:
// whoever has its headers can send more, because the body is not signed.
type tap struct {
	way http.RoundTripper
	mu  sync.Mutex
	url string
	hdr http.Header
}

func newTap() *tap { return &tap{way: &http.Transport{MaxIdleConnsPerHost: 64}} }

// RoundTrip delivers a webhook.
func (t *tap) RoundTrip(r *http.Request) (*http.Response, error) {
	t.mu.Lock()
	t.url, t.hdr = r.URL.String(), r.Header.Clone()
	t.mu.Unlock()
	return t.way.RoundTrip(r)
}

func (t *tap) last() (string, http.Header) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.url, t.hdr.Clone()
}
