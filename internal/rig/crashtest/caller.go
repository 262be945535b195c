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
	"time"
)

// caller asks an HTTP API.
type caller struct {
	base, token string
	http        *http.Client
}

func newCaller(base, token string) caller {
	return caller{base, token, &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}}
}

// call sends in as JSON, where it is not nil, and reads the answer into out, where it is
// not nil. Any answer but 2xx is an error.
func (c caller) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader = http.NoBody
	if in != nil {
		data, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	answer, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: status %d: %s", method, path, answer.StatusCode, data)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(data, out)
}

// answers reports whether a GET of the path is answered with 2xx.
func (c caller) answers(ctx context.Context, path string) bool {
	return c.call(ctx, http.MethodGet, path, nil, nil) == nil
}

// connected tells whether the firm is connected to Smokeball.
func (c caller) connected(firm string) func(context.Context) bool {
	return func(ctx context.Context) bool {
		var connection struct {
			Status string `json:"status"`
		}
		return c.call(ctx, http.MethodGet, "/v1/firms/"+firm+"/connection", nil, &connection) == nil && connection.Status == "connected"
	}
}

// consent signs the caller in to the console and, in the same browser, allows access to an
// account on Smokeball's page that the link leads to.
func (c caller) consent(ctx context.Context, link, account string) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	browser := http.Client{Transport: c.http.Transport, Timeout: c.http.Timeout, Jar: jar}
	for _, form := range []struct {
		to     string
		values url.Values
	}{{c.base + "/session", url.Values{"token": {c.token}}}, {link, url.Values{"account": {account}, "decision": {"allow"}}}} {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, form.to, strings.NewReader(form.values.Encode()))
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		answer, err := browser.Do(req)
		if err != nil {
			return err
		}
		if err := answer.Body.Close(); err != nil {
			return err
		}
		if answer.StatusCode != http.StatusOK {
			return fmt.Errorf("%s %s ends with %d", req.Method, req.URL.Path, answer.StatusCode)
		}
	}
	return nil
}
