package smokeball

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/casehug/smokeball-sync/domain"
)

// maxAnswer is the longest answer that is read, in bytes.
const maxAnswer = 8 << 20

// call is one call of Smokeball's API.
type call struct {
	op      string // such as "create matter": a verb, a space, the thing
	method  string
	path    []string // segments, unescaped
	query   url.Values
	body    any // sent as JSON; nil: none
	request domain.RequestID
	creates bool // a POST that makes something new: repeating it makes another one
	// intend records the intent of a call that creates something. It is called when the
	// call's slot is granted, right before it is sent; where it fails the call is not sent,
	// and its error is returned as it is. Nil: there is nothing to record.
	intend func(context.Context) error
}

// answer is what came back, read to its end.
type answer struct {
	status int
	header http.Header
	body   []byte
}

var (
	errNoID    = errors.New("an id is empty or not an id")
	errTooLong = fmt.Errorf("the answer is longer than %d bytes", maxAnswer)
	errUnnamed = errors.New("the answer names no id")
)

// get is a call that reads.
func get(op string, query url.Values, path ...string) call {
	return call{op: op, method: http.MethodGet, path: path, query: query}
}

// build makes the HTTP request without credentials.
func (k call) build(ctx context.Context, base string) (*http.Request, error) {
	address, err := k.address(base)
	if err != nil {
		return nil, err
	}
	body, err := k.payload()
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, k.method, address, body)
	if err != nil {
		return nil, err
	}
	if k.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("RequestId", string(k.request))
	return req, nil
}

func (k call) payload() (io.Reader, error) {
	if k.body == nil {
		return nil, nil
	}
	text, err := json.Marshal(k.body)
	if err != nil {
		return nil, err
	}
	return bytes.NewReader(text), nil
}

// address refuses ids that would make the path another one.
func (k call) address(base string) (string, error) {
	var b strings.Builder
	b.WriteString(base)
	for _, segment := range k.path {
		if segment == "" || segment == "." || segment == ".." {
			return "", errNoID
		}
		b.WriteString("/" + url.PathEscape(segment))
	}
	if len(k.query) > 0 {
		b.WriteString("?" + k.query.Encode())
	}
	return b.String(), nil
}

// named is k with a RequestId: the caller's, or a random one.
func (k call) named() call {
	if k.request == "" {
		k.request = domain.NewRequestID(rand.Text())
	}
	return k
}

func (k call) reads() bool { return k.method == http.MethodGet }

// withoutURL takes the URL out of an error of net/http: it may hold an e-mail address
// or the signature of a pre-signed URL.
func withoutURL(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}
