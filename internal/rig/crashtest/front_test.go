package main

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// echo answers with its name and what it was sent.
func echo(t *testing.T, name string) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // the test sees what is missing
		_, _ = io.WriteString(w, name+" "+r.Host+" "+r.URL.Path+" "+string(body))
	}))
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

func ask(t *testing.T, f *front, body string) string {
	t.Helper()
	answer, err := http.Post(f.URL+"/hook", "text/plain", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(said)
}

func TestFrontAsksTheNextEngine(t *testing.T) {
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := openFront([]string{echo(t, "a"), gone.Addr().String(), echo(t, "b")})
	defer f.Close()
	if err := gone.Close(); err != nil {
		t.Fatal(err)
	}
	heard := map[string]bool{}
	for _, body := range []string{"", "one", "two", "three", "four", "five"} {
		said := ask(t, f, body)
		if !strings.HasSuffix(said, " "+f.Listener.Addr().String()+" /hook "+body) {
			t.Errorf("an engine was told %q, want the front's host and %q", said, body)
		}
		heard[said[:1]] = true
	}
	if len(heard) != 2 {
		t.Errorf("only %v were asked", heard)
	}
}

func TestFrontAsksASilentEngineLast(t *testing.T) {
	f := openFront([]string{"a", "b", "c"})
	defer f.Close()
	f.silent("b")
	for range 6 {
		if list := f.order(); len(list) != 3 || list[2] != "b" {
			t.Errorf("asks in the order %v", list)
		}
	}
	f.away["b"] = time.Now().Add(-time.Second)
	first := map[string]bool{}
	for range 3 {
		first[f.order()[0]] = true
	}
	if len(first) != 3 {
		t.Errorf("only %v are asked first", first)
	}
}
