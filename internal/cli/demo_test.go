package cli

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// TestDemoTellsTheStoryOnce plays the demo to its end; started again it has nothing to do.
func TestDemoTellsTheStoryOnce(t *testing.T) {
	t.Parallel()
	dir, listen := t.TempDir(), freeAddress(t)
	first := execute(t, nil, "demo", "--once", "--data-dir", dir, "--listen", listen)
	if first.code != done {
		t.Fatalf("exit %d:\n%s%s", first.code, first.out, first.err)
	}
	ids := table(t, first.out)
	for _, want := range []string{"m_1006  document_approved  waiting: ", "has the practice's 6 matters, 5 contacts and 8 files", "0 of them over the limit"} {
		if !strings.Contains(first.out, want) {
			t.Errorf("the story lacks %q:\n%s", want, first.out)
		}
	}

	again := execute(t, nil, "demo", "--once", "--data-dir", dir)
	if again.code != done {
		t.Fatalf("again: exit %d:\n%s%s", again.code, again.out, again.err)
	}
	if now := table(t, again.out); now != ids {
		t.Errorf("Smokeball ids %v, were %v", now, ids)
	}
	for _, want := range []string{"Everything was done already", "6 matters, 5 contacts and 8 files; 0 calls"} {
		if !strings.Contains(again.out, want) {
			t.Errorf("the second story lacks %q:\n%s", want, again.out)
		}
	}
	for _, lie := range []string{"published", "clicked", "corrected", "closed m_1002", "succeeded →"} {
		if strings.Contains(again.out, lie) {
			t.Errorf("the second story tells %q, which did not happen again:\n%s", lie, again.out)
		}
	}
	wantTroubles(t, dir)
}

// wantTroubles starts the demo of a story that is over, without --once: what it leaves to try is
// there, and nothing of the story happens again.
func wantTroubles(t *testing.T, dir string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	out, ended := &invited{all: make(chan struct{})}, make(chan int, 1)
	go func() {
		ended <- Main(ctx, []string{"demo", "--data-dir", dir}, func(string) string { return "" }, out, io.Discard)
	}()
	select {
	case <-out.all:
	case code := <-ended:
		t.Fatalf("the demo ended with %d:\n%s", code, out.text.String())
	}
	if story := out.text.String(); strings.Contains(story, "published") || strings.Contains(story, "succeeded →") {
		t.Errorf("the story happened again:\n%s", story)
	}
	for status, matter := range map[string]string{"waiting": "m_2001", "failed": "m_2002"} {
		list := execute(t, nil, "history", "--status", status, "--data-dir", filepath.Join(dir, "engine"))
		if list.code != done || !strings.Contains(list.out, matter) {
			t.Errorf("no sync of %s is %s: exit %d\n%s%s", matter, status, list.code, list.out, list.err)
		}
	}
	letters := execute(t, nil, "dead-letters", "list", "--data-dir", filepath.Join(dir, "engine"))
	if letters.code != done || strings.Count(letters.out, "f_hartwell") != 1 || !strings.Contains(letters.out, "/client is missing") {
		t.Errorf("not one dead letter is left: exit %d\n%s%s", letters.code, letters.out, letters.err)
	}
	cancel()
	if code := <-ended; code != done {
		t.Errorf("interrupted, the demo exits with %d", code)
	}
}

var row = regexp.MustCompile(`(?m)^(m_100\d)  CH-2026-01\d\d  .*  (Open|Closed) +([0-9a-f-]{36})  [0-9a-f-]{36}  \d +(succeeded|skipped) *$`)

// table is the Smokeball ids of the six matters, in their order.
func table(t *testing.T, story string) (ids [6]string) {
	t.Helper()
	rows := row.FindAllStringSubmatch(story, -1)
	seen := map[string]bool{}
	for i, r := range rows {
		if i < len(ids) {
			ids[i] = r[3]
		}
		seen[r[3]] = true
		if wantsClosed := r[1] == "m_1002"; (r[2] == "Closed") != wantsClosed {
			t.Errorf("%s is %s", r[1], r[2])
		}
	}
	if len(rows) != len(ids) || len(seen) != len(ids) {
		t.Errorf("the table has %d matters with %d Smokeball ids, want six:\n%s", len(rows), len(seen), story)
	}
	return ids
}

// invited is what a demo that keeps running prints, until it has printed all of it.
type invited struct {
	mu   sync.Mutex
	text strings.Builder
	all  chan struct{}
}

func (o *invited) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Write(p)
	if strings.Contains(string(p), "Ctrl-C ends the demo") {
		close(o.all)
	}
	return len(p), nil
}

// TestADemoForThoseWhoConnectThemselves connects nothing, and its links sign both people in as
// often as they are opened.
func TestADemoForThoseWhoConnectThemselves(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	out, ended := &invited{all: make(chan struct{})}, make(chan int, 1)
	go func() {
		ended <- Main(ctx, []string{"demo", "--unconnected", "--data-dir", t.TempDir()}, func(string) string { return "" }, out, io.Discard)
	}()
	select {
	case <-out.all:
	case code := <-ended:
		t.Fatalf("the demo ended with %d:\n%s", code, out.text.String())
	}
	text := out.text.String()
	links := regexp.MustCompile(`(http://\S+)/session/demo/\S+`).FindAllString(text, -1)
	token := regexp.MustCompile(`Token: +(\S+)`).FindStringSubmatch(text)
	if len(links) != 2 || len(token) != 2 || !strings.Contains(text, "Nothing is connected") {
		t.Fatalf("the demo prints:\n%s", text)
	}
	for _, link := range append(links, links...) {
		wantSignIn(t, link)
	}
	base, _, _ := strings.Cut(links[0], "/session/")
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/v1/firms/f_hartwell/connection", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token[1])
	var connection struct{ Status string }
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&connection); err != nil || connection.Status != "disconnected" {
		t.Errorf("the connection is %q, %v", connection.Status, err)
	}
	cancel()
	if code := <-ended; code != done {
		t.Errorf("interrupted, the demo exits with %d", code)
	}
}

// wantSignIn opens a link in a new browser and checks that somebody is signed in.
func wantSignIn(t *testing.T, link string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Client{Jar: jar}).Get(link)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK || len(jar.Cookies(resp.Request.URL)) == 0 {
		t.Errorf("%s answers %s", link, resp.Status)
	}
}
