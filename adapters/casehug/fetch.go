package casehug

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

const maxRedirects = 3

// refusal is the fault of a URL that is not followed. It is permanent.
type refusal domain.Fault

func (r refusal) Error() string { return string(r) }

const (
	notHTTPS      = refusal(domain.FaultNotHTTPS)
	otherPort     = refusal(domain.FaultOtherPort)
	manyRedirects = refusal(domain.FaultManyRedirects)

	// notPublic is said of a name that leads into a private network and of one that leads
	// nowhere: the difference would tell strangers which names our network knows.
	notPublic = refusal(domain.FaultNotPublic)
)

// newClient is the client for documents' URLs. It knows no proxy and no cookies, it
// keeps no connections, and it hands on the bytes as they are.
func newClient(o Options) *http.Client {
	dialer := &net.Dialer{Timeout: o.FirstByte, Control: guard(o.Networks)}
	return &http.Client{
		Transport: &http.Transport{
			DialContext:        dialer.DialContext,
			ForceAttemptHTTP2:  true,
			DisableKeepAlives:  true,
			DisableCompression: true,
			TLSClientConfig:    &tls.Config{RootCAs: o.Roots, MinVersion: tls.VersionTLS12},
		},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return manyRedirects
			}
			r.Header.Del("Referer") // it would hand the first URL to the next host
			return checkScheme(r.URL)
		},
	}
}

// checkScheme refuses all but https.
func checkScheme(u *url.URL) error {
	if u.Scheme != "https" {
		return notHTTPS
	}
	return nil
}

func isLoopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && a.IsLoopback()
}

// openURL asks for the document. One clock runs over it: first until the answer
// starts, all redirects included, then again with each read.
func (d *Documents) openURL(ctx context.Context, f fetch) (Opened, error) {
	u, err := url.Parse(f.doc.Content.URL)
	if err != nil || u.Host == "" {
		return Opened{}, f.refused(domain.FaultAddressUnreadable, nil)
	}
	if err := checkScheme(u); err != nil {
		return Opened{}, f.refused(domain.FaultNotHTTPS, err)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	clock := time.AfterFunc(d.opt.FirstByte, func() { cancel(errSilent) })
	stop := func() { clock.Stop(); cancel(context.Canceled) }
	resp, err := d.get(ctx, u)
	if err != nil {
		err = f.fetchError(ctx, err)
		stop()
		return Opened{}, err
	}
	if resp.StatusCode != http.StatusOK {
		_ = resp.Body.Close() // the answer is not the document
		stop()
		return Opened{}, f.statusError(resp)
	}
	clock.Stop() // until the first read, it is the caller who is slow
	body := &clocked{ReadCloser: resp.Body, clock: clock, limit: d.opt.Stall, stop: stop}
	return f.decoded(body, resp.Header.Get("Content-Encoding"), resp.ContentLength)
}

// decoded undoes a content encoding that the host applied without being asked. The document's
// size is then known only once it is read.
func (f fetch) decoded(body io.ReadCloser, encoding string, size int64) (Opened, error) {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "", "identity":
		return Opened{ReadCloser: body, Size: size}, nil
	case "gzip", "x-gzip":
		plain, err := gzip.NewReader(body)
		if err != nil {
			_ = body.Close() // nothing can be read from it
			return Opened{}, f.later(domain.FaultEncodingWrong, err)
		}
		return Opened{ReadCloser: gunzipped{plain, body}, Size: -1}, nil
	}
	_ = body.Close() // nothing can be read from it
	return Opened{}, f.refused(domain.FaultEncodingUnknown, nil)
}

// gunzipped is a body that is decoded while it is read.
type gunzipped struct {
	io.Reader
	io.Closer
}

var errSilent = errors.New("the host is silent for too long")

func (d *Documents) get(ctx context.Context, u *url.URL) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	return d.client.Do(req)
}

// fetchError words the failure of a request. The URL stays out: it may hold a key
// that opens the document.
func (f fetch) fetchError(ctx context.Context, err error) error {
	var no refusal
	if errors.As(err, &no) {
		return f.refused(domain.Fault(no), no)
	}
	var ue *url.Error
	if errors.As(err, &ue) {
		err = ue.Err
	}
	if cause := context.Cause(ctx); errors.Is(cause, errSilent) || errors.Is(cause, errSlow) {
		err = cause
	}
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound {
		return f.refused(domain.Fault(notPublic), notPublic)
	}
	return f.later(domain.FaultHostSilent, err)
}

// statusError words an answer that is no document: the host may be out of order, or
// the document is not to be had there.
func (f fetch) statusError(resp *http.Response) error {
	cause := fmt.Errorf("HTTP status %d", resp.StatusCode)
	switch code := resp.StatusCode; {
	case code >= 500, code == http.StatusTooManyRequests, code == http.StatusRequestTimeout, code == http.StatusTooEarly:
		e := f.failed(domain.Retryable, domain.FaultHostDown, cause)
		e.After = retryAfter(resp.Header)
		return e
	case code == http.StatusNotFound, code == http.StatusGone:
		return f.refused(domain.FaultDocumentGone, cause)
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return f.refused(domain.FaultHostWithholds, cause)
	}
	return f.refused(domain.FaultHostNoDocument, cause)
}

// retryAfter is the wait that a host asks for, in whole seconds, an hour at most; a
// date is not read.
func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(min(seconds, 3600)) * time.Second
}

// clocked is a body whose host may not fall silent.
type clocked struct {
	io.ReadCloser
	clock *time.Timer
	limit time.Duration
	stop  func()
}

func (c *clocked) Read(p []byte) (int, error) {
	c.clock.Reset(c.limit)
	defer c.clock.Stop()
	return c.ReadCloser.Read(p)
}

func (c *clocked) Close() error {
	defer c.stop()
	return c.ReadCloser.Close()
}
