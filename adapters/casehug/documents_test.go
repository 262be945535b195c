package casehug_test

import (
	"compress/gzip"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/casehug/smokeball-sync/adapters/casehug"
	"github.com/casehug/smokeball-sync/domain"
)

// store is an object store in memory; a nil error stands for "there".
type store map[string]string

func (s store) Object(_ context.Context, _ domain.ObjectQuestion, bucket, name string) (casehug.Opened, error) {
	if name == "down" {
		return casehug.Opened{}, errors.New("no servers available")
	}
	content, ok := s[bucket+"/"+name]
	if !ok {
		return casehug.Opened{}, fmt.Errorf("object %s: %w", name, casehug.ErrNoObject)
	}
	return casehug.Opened{ReadCloser: io.NopCloser(strings.NewReader(content)), Size: int64(len(content))}, nil
}

func object(at string) domain.Document {
	return domain.Document{Data: domain.DocumentData{ID: "d_9", Matter: "m_1", FileName: "Retainer.pdf", Content: domain.Content{Object: at}}}
}

func at(url string) domain.Document {
	return domain.Document{Data: domain.DocumentData{ID: "d_9", Matter: "m_1", FileName: "Retainer.pdf", Content: domain.Content{URL: url}}}
}

// fails checks an error as people and handlers meet it.
func fails(t *testing.T, err error, class domain.Class, says string) *domain.CallError {
	t.Helper()
	ce := domain.AsCallError(err)
	if ce == nil {
		t.Fatalf("error %v is no CallError", err)
	}
	if ce.Class != class || !strings.Contains(messageOf(ce.Failure), says) || !strings.Contains(messageOf(ce.Failure), `“Retainer.pdf”`) || remedyOf(ce.Failure) == "" {
		t.Errorf("error is of class %d: %q / %q; want class %d and %q", ce.Class, messageOf(ce.Failure), remedyOf(ce.Failure), class, says)
	}
	return ce
}

func unavailable(t *testing.T, err error, class domain.Class, says string) *domain.CallError {
	t.Helper()
	ce := fails(t, err, class, says)
	if ce.Failure.Code != domain.CodeDocumentUnavailable {
		t.Errorf("code is %s", ce.Failure.Code)
	}
	return ce
}

func TestOpenReadsTheObjectStore(t *testing.T) {
	docs := casehug.NewDocuments(casehug.Options{Objects: store{"casehug-documents/a/d_9": "bytes"}})
	r, err := docs.Open(t.Context(), "f_1", object("casehug-documents/a/d_9"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if string(got) != "bytes" || r.Size != 5 || err != nil || r.Close() != nil {
		t.Errorf("read %q of %d bytes, %v", got, r.Size, err)
	}
}

func TestOpenSaysWhyAnObjectCannotBeRead(t *testing.T) {
	objects := store{"secrets/d": "x", "casehug-documents/large": strings.Repeat("x", 11), "casehug-documents/": "x"}
	docs := casehug.NewDocuments(casehug.Options{Objects: objects, MaxBytes: 10})
	cases := map[string]struct {
		class domain.Class
		says  string
	}{
		"casehug-documents/gone":  {domain.NotThere, "the object store does not have it"},
		"casehug-documents/down":  {domain.Retryable, "the object store does not answer"},
		"casehug-documents/large": {domain.Permanent, "it is larger than 10 bytes"},
		"casehug-documents/":      {domain.Permanent, "not in the bucket casehug-documents"},
		"secrets/d":               {domain.Permanent, "not in the bucket casehug-documents"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := docs.Open(t.Context(), "f_1", object(name))
			unavailable(t, err, tc.class, tc.says)
		})
	}
	_, err := casehug.NewDocuments(casehug.Options{}).Open(t.Context(), "f_1", object("casehug-documents/d"))
	unavailable(t, err, domain.Permanent, "no object store")
}

// loopback are the networks that lead to this machine.
func loopback() []netip.Prefix {
	return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
}

// host serves documents over TLS and gives Documents that trusts it.
func host(t *testing.T, h http.HandlerFunc, change func(*casehug.Options)) (string, *casehug.Documents) {
	t.Helper()
	s := httptest.NewTLSServer(h)
	t.Cleanup(s.Close)
	o := casehug.Options{Networks: loopback(), Roots: x509.NewCertPool()}
	o.Roots.AddCert(s.Certificate())
	if change != nil {
		change(&o)
	}
	return s.URL, casehug.NewDocuments(o)
}

func TestOpenReadsAnAddress(t *testing.T) {
	url, docs := host(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/3", "/2", "/1":
			http.Redirect(w, r, fmt.Sprintf("/%d", r.URL.Path[1]-'1'), http.StatusFound)
		default:
			fmt.Fprintf(w, "bytes%s", r.Header.Get("Referer"))
		}
	}, nil)
	r, err := docs.Open(t.Context(), "f_1", at(url+"/3?key=secret"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); string(got) != "bytes" || r.Size != 5 || err != nil {
		t.Errorf("read %q of %d bytes, %v", got, r.Size, err)
	}
}

func TestOpenSaysWhyAnAddressCannotBeRead(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	url, docs := host(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/around":
			http.Redirect(w, r, "/around", http.StatusFound)
		case "/down":
			http.Redirect(w, r, "http://plain.example/d", http.StatusFound)
		case "/large":
			w.Header().Set("Content-Length", "11")
		case "/busy":
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusTooManyRequests)
		default:
			var status int
			fmt.Sscanf(r.URL.Path, "/%d", &status)
			w.WriteHeader(status)
		}
	}, func(o *casehug.Options) { o.MaxBytes = 10 })
	cases := []struct {
		url   string
		class domain.Class
		says  string
	}{
		{url + "/404", domain.Permanent, "not there any more"},
		{url + "/410", domain.Permanent, "not there any more"},
		{url + "/403", domain.Permanent, "does not give it out"},
		{url + "/204", domain.Permanent, "gives no document"},
		{url + "/500", domain.Retryable, "out of order"},
		{url + "/503", domain.Retryable, "out of order"},
		{url + "/busy", domain.Retryable, "out of order"},
		{url + "/large", domain.Permanent, "larger than 10 bytes"},
		{url + "/around", domain.Permanent, "more than three times"},
		{url + "/down", domain.Permanent, "not https"},
		{"http://plain.example/d", domain.Permanent, "not https"},
		{"ftp://localhost/d", domain.Permanent, "not https"},
		{"https://", domain.Permanent, "address cannot be read"},
		{"https://a b/", domain.Permanent, "address cannot be read"},
		{"https://[fe80::1]/", domain.Permanent, "private network"},
		{"https://169.254.169.254/latest/meta-data", domain.Permanent, "private network"},
		{plain.URL, domain.Permanent, "not https"},
		{"https://10.0.0.1/d", domain.Permanent, "private network"},
	}
	for _, tc := range cases {
		t.Run(tc.url, func(t *testing.T) {
			_, err := docs.Open(t.Context(), "f_1", at(tc.url))
			ce := unavailable(t, err, tc.class, tc.says)
			if strings.HasSuffix(tc.url, "/busy") && ce.After != 7*time.Second {
				t.Errorf("the host asks for 7s, the error for %s", ce.After)
			}
		})
	}
}

func TestOpenKeepsOutOfPrivateNetworks(t *testing.T) {
	url, _ := host(t, func(http.ResponseWriter, *http.Request) { t.Error("the host was asked") }, nil)
	linkLocal := []netip.Prefix{netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("fe80::/10")} // never allowed
	docs := casehug.NewDocuments(casehug.Options{FirstByte: time.Second, Networks: linkLocal})
	port := url[strings.LastIndex(url, ":"):]
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "10.1.2.3", "192.168.0.1", "172.16.0.1",
		"169.254.169.254", "100.64.0.1", "[fd00::1]", "[fe80::1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[::7f00:1]",
		"[::ffff:0:7f00:1]", "[100:0:0:1::1]", "[5f00::1]", "192.88.99.1", "168.63.129.16", "224.0.0.1", "255.255.255.255"} {
		t.Run(host, func(t *testing.T) {
			_, err := docs.Open(t.Context(), "f_1", at("https://"+host+port+"/?key=secret"))
			ce := unavailable(t, err, domain.Permanent, "private network")
			if strings.Contains(ce.Error(), "secret") {
				t.Errorf("the error tells the address: %v", ce)
			}
		})
	}
	_, err := docs.Open(t.Context(), "f_1", at("http://localhost"+port))
	unavailable(t, err, domain.Permanent, "not https")
}

func TestOpenDoesNotWaitForSilentHosts(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	url, docs := host(t, func(http.ResponseWriter, *http.Request) { <-release },
		func(o *casehug.Options) { o.FirstByte = 200 * time.Millisecond })
	t.Cleanup(func() { close(release) })
	_, err := docs.Open(t.Context(), "f_1", at(url+"/silent?key=secret"))
	if ce := unavailable(t, err, domain.Retryable, "its host does not answer"); strings.Contains(ce.Error(), "secret") {
		t.Errorf("the error tells the address: %v", ce)
	}
}

func TestReadingDoesNotWaitForSilentHosts(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	url, docs := host(t, func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "by")
		w.(http.Flusher).Flush()
		<-release
	}, func(o *casehug.Options) { o.Stall = time.Second })
	t.Cleanup(func() { close(release) })
	r, err := docs.Open(t.Context(), "f_1", at(url))
	if err != nil || r.Size != -1 {
		t.Fatalf("Open of a body without a length = %d, %v", r.Size, err)
	}
	defer r.Close()
	got, err := io.ReadAll(r)
	unavailable(t, err, domain.Retryable, "breaks off")
	if string(got) != "by" {
		t.Errorf("read %q", got)
	}
}

func TestOpenLetsItsCallerTakeTime(t *testing.T) {
	t.Parallel()
	const firstByte = time.Second
	release := make(chan struct{})
	url, docs := host(t, func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "by")
		w.(http.Flusher).Flush()
		<-release
		io.WriteString(w, "tes")
	}, func(o *casehug.Options) { o.FirstByte = firstByte })
	r, err := docs.Open(t.Context(), "f_1", at(url))
	if err != nil {
		close(release)
		t.Fatal(err)
	}
	defer r.Close()
	<-time.After(firstByte + firstByte/4) // nothing may happen in this time
	close(release)
	if got, err := io.ReadAll(r); string(got) != "bytes" || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
}

func TestOpenFollowsItsContext(t *testing.T) {
	release := make(chan struct{})
	asked := make(chan struct{})
	url, docs := host(t, func(http.ResponseWriter, *http.Request) { close(asked); <-release }, nil)
	t.Cleanup(func() { close(release) })
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-asked; cancel() }()
	_, err := docs.Open(ctx, "f_1", at(url))
	if unavailable(t, err, domain.Retryable, "does not answer"); !errors.Is(err, context.Canceled) {
		t.Errorf("the cause is lost: %v", err)
	}
}

func TestReadingStopsAtTheLargestSize(t *testing.T) {
	url, docs := host(t, func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush() // the length is not told
		io.WriteString(w, strings.Repeat("x", len(r.URL.Path)))
	}, func(o *casehug.Options) { o.MaxBytes = 10 })
	for path, want := range map[string]string{"/23456789A": "", "/23456789AB": "larger than 10 bytes"} {
		r, err := docs.Open(t.Context(), "f_1", at(url+path))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if want == "" && (err != nil || len(got) != 10) {
			t.Errorf("read %d bytes, %v", len(got), err)
		}
		if want != "" {
			unavailable(t, err, domain.Permanent, want)
		}
		r.Close()
	}
}

func TestReadingTellsABrokenSource(t *testing.T) {
	url, docs := host(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "5")
		io.WriteString(w, "by")
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}, nil)
	r, err := docs.Open(t.Context(), "f_1", at(url))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	_, err = io.ReadAll(casehug.Checked(r, object("").Data))
	unavailable(t, err, domain.Retryable, "breaks off")
}

// damagedStore has an object whose bytes are not those that were put.
type damagedStore struct{}

func (damagedStore) Object(context.Context, domain.ObjectQuestion, string, string) (casehug.Opened, error) {
	return casehug.Opened{ReadCloser: io.NopCloser(io.MultiReader(strings.NewReader("byt"), iotest.ErrReader(fmt.Errorf("digest: %w", casehug.ErrDamaged)))), Size: 5}, nil
}

func TestReadingTellsADamagedObject(t *testing.T) {
	docs := casehug.NewDocuments(casehug.Options{Objects: damagedStore{}})
	r, err := docs.Open(t.Context(), "f_1", object("casehug-documents/d_9"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	_, err = io.ReadAll(casehug.Checked(r, object("casehug-documents/d_9").Data))
	ce := unavailable(t, err, domain.Retryable, "not have the bytes that were put")
	if !strings.Contains(remedyOf(ce.Failure), "puts it into the bucket casehug-documents again") {
		t.Errorf("the remedy is %q", remedyOf(ce.Failure))
	}
}

// TestOpenDecodesGzip tells that a host which packs its answer unasked is understood, and that
// the largest size counts what comes out.
func TestOpenDecodesGzip(t *testing.T) {
	text := strings.Repeat("the signed retainer ", 1000)
	serve := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, text)
		_ = z.Close()
	}
	for most, whole := range map[int64]bool{int64(len(text)): true, int64(len(text)) - 1: false} {
		url, docs := host(t, serve, func(o *casehug.Options) { o.MaxBytes = most })
		o, err := docs.Open(t.Context(), "f_1", at(url))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(o)
		if (err == nil) != whole || (whole && string(got) != text) {
			t.Errorf("at most %d bytes: %d were read, %v", most, len(got), err)
		}
		if !whole {
			unavailable(t, err, domain.Permanent, "larger than")
		}
		_ = o.Close()
	}
}
