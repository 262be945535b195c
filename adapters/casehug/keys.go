package casehug

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// How keys are read.
const (
	keysMaxAge   = time.Hour        // a key that CaseHug withdraws is trusted no longer than this
	keysStale    = 24 * time.Hour   // keys that nobody could look at for so long count no more
	keysRetry    = time.Minute      // then, if newer keys cannot be had, they are asked for this often
	keysPause    = 10 * time.Second // the least time between two readings
	keysTimeout  = 5 * time.Second
	keysMaxBytes = 1 << 20
)

// remoteKeys are the keys at a URL. Behind it, oidc.RemoteKeySet keeps them and reads
// them again for a key it does not know; remoteKeys adds an age, and goes on with the
// aged keys while newer ones cannot be had.
type remoteKeys struct {
	url   string
	fetch *http.Client

	mu  sync.Mutex
	set *oidc.RemoteKeySet
	end time.Time // when set is too old; zero: there is none

	fetched time.Time // when keys were read last
}

func newRemoteKeys(url string) *remoteKeys {
	fetch := &http.Client{
		Timeout:   keysTimeout,
		Transport: &keyDoor{base: &http.Transport{DisableKeepAlives: true, Proxy: http.ProxyFromEnvironment}},
	}
	return &remoteKeys{url: url, fetch: fetch}
}

// VerifySignature checks a token's signature and returns the token's payload. The
// error is ErrKeysUnavailable if that could not be decided.
func (k *remoteKeys) VerifySignature(ctx context.Context, jwt string) ([]byte, error) {
	set, aged := k.current()
	if !aged {
		return set.VerifySignature(ctx, jwt)
	}
	fresh := oidc.NewRemoteKeySet(oidc.ClientContext(context.Background(), k.fetch), k.url)
	payload, err := fresh.VerifySignature(ctx, jwt)
	switch unavailable := errors.Is(err, ErrKeysUnavailable) || ctx.Err() != nil; {
	case !unavailable:
		k.read(fresh)
	case set != nil && !k.stale():
		k.keep(set, keysRetry)
		return set.VerifySignature(ctx, jwt)
	}
	return payload, err
}

// current is the set in use, nil if there was none yet, and whether it is too old.
func (k *remoteKeys) current() (*oidc.RemoteKeySet, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.set, !time.Now().Before(k.end)
}

// read puts a set to use that was just read.
func (k *remoteKeys) read(set *oidc.RemoteKeySet) {
	k.keep(set, keysMaxAge)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.fetched = time.Now()
}

// stale reports whether the keys are too old to go on with.
func (k *remoteKeys) stale() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return time.Since(k.fetched) > keysStale
}

// keep puts set to use for a while.
func (k *remoteKeys) keep(set *oidc.RemoteKeySet, while time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.set, k.end = set, time.Now().Add(while)
}

// keyDoor stands before CaseHug's key server: between two readings it pauses and
// gives the last answer again, so that forged tokens cannot make the engine flood
// the server. All failures are ErrKeysUnavailable.
type keyDoor struct {
	base http.RoundTripper

	mu   sync.Mutex
	last time.Time
	body []byte
	err  error
}

// RoundTrip reads the keys, or answers as the last time.
func (d *keyDoor) RoundTrip(req *http.Request) (*http.Response, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if time.Since(d.last) >= keysPause {
		d.body, d.err = readKeys(d.base, req)
		d.last = time.Now()
	}
	if d.err != nil {
		return nil, d.err
	}
	return &http.Response{
		Status:        "200 OK",
		StatusCode:    http.StatusOK,
		Header:        http.Header{"Content-Type": {"application/json"}},
		Body:          io.NopCloser(bytes.NewReader(d.body)),
		ContentLength: int64(len(d.body)),
		Request:       req,
	}, nil
}

// readKeys asks the server and makes sure that its answer is a key set.
func readKeys(base http.RoundTripper, req *http.Request) ([]byte, error) {
	resp, err := base.RoundTrip(req)
	if err != nil {
		return nil, errors.Join(ErrKeysUnavailable, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%w: HTTP status %d", ErrKeysUnavailable, resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, keysMaxBytes))
	if err != nil {
		return nil, errors.Join(ErrKeysUnavailable, err)
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(withoutBOM(body), &set); err != nil || set.Keys == nil {
		return nil, fmt.Errorf("%w: the answer is no key set", ErrKeysUnavailable)
	}
	return withoutBOM(body), nil
}
