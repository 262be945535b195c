package smokeball

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// ErrUploadExpired is the cause of an upload's failure when its URL no longer takes
// bytes: UploadURL gives a fresh one.
var ErrUploadExpired = errors.New("the upload URL no longer takes bytes")

var (
	errStalled  = errors.New("nothing moved for a minute")
	errReleased = errors.New("the upload is over")
)

// stalledAfter is how long an upload may stand still, or wait for its answer.
const stalledAfter = time.Minute

const opUpload = "upload file"

// Uploads send files to where Smokeball says, past its API: no allowance, no headers of
// Smokeball's.
type Uploads struct{ plain *http.Client }

// Upload streams size bytes of body to where up leads. A negative size sends as many as
// there are without their number, which many file stores refuse.
// The URL is pre-signed: no header of Smokeball's goes there, and the allowance is not
// used. A failure whose cause is ErrUploadExpired needs a fresh URL. Uploading the same
// bytes again is harmless. body is not closed, and not read after the return.
func (u *Uploads) Upload(ctx context.Context, up domain.Upload, body io.Reader, size int64) error {
	if !up.Expiry.IsZero() && !time.Now().Before(up.Expiry) {
		return expired(ErrUploadExpired)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	source := newSource(body, func() { cancel(errStalled) })
	defer source.release()
	resp, err := u.put(ctx, up.URL, source, size)
	if fault := source.fault(size, err); fault != nil {
		if resp != nil {
			_ = resp.Body.Close()
		}
		return fault
	}
	if err != nil {
		return uploadLost(ctx, err)
	}
	defer resp.Body.Close()
	return uploadOutcome(resp)
}

func (u *Uploads) put(ctx context.Context, address string, source *source, size int64) (*http.Response, error) {
	var body io.Reader = source
	if size == 0 {
		body = http.NoBody // net/http takes a reader without a length for one of unknown length
	}
	req, err := http.NewRequestWithContext(withOp(ctx, opUpload), http.MethodPut, address, body)
	if err != nil {
		return nil, err
	}
	req.ContentLength = max(size, -1)
	req.Header["Content-Type"] = []string{""} // the signature covers an empty type
	return u.plain.Do(req)
}

func uploadOutcome(resp *http.Response) error {
	cause := statusError(resp.StatusCode)
	switch status := resp.StatusCode; {
	case status >= 200 && status < 300:
		return nil
	case status >= 300 && status < 400:
		return movedFault(opUpload, resp.Header.Get("Location"))
	case status == http.StatusUnauthorized, status == http.StatusForbidden,
		status == http.StatusNotFound, status == http.StatusGone:
		return expired(fmt.Errorf("%w: %w", ErrUploadExpired, cause))
	case status == http.StatusTooManyRequests, status == http.StatusRequestTimeout, status >= 500:
		f := passing(opUpload, domain.FaultUploadServer, domain.About{Status: status}, cause)
		f.After = retryAfter(resp.Header)
		return f
	}
	return passing(opUpload, domain.FaultUploadRefused, domain.About{Status: resp.StatusCode}, cause)
}

func expired(cause error) error {
	return passing(opUpload, domain.FaultUploadExpired, domain.About{}, cause)
}

func uploadLost(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), errStalled) {
		err = errStalled
	}
	return passing(opUpload, domain.FaultUploadBrokeOff, domain.About{}, withoutURL(err))
}

// source is a document's bytes on their way out. It counts them, keeps the document's
// own faults apart from the network's, and notices a standstill.
type source struct {
	mu    sync.Mutex
	body  io.Reader // nil after release
	read  int64
	err   error // what the document's reader failed with
	ended bool
	stall *time.Timer
}

func newSource(body io.Reader, stalled func()) *source {
	return &source{body: body, stall: time.AfterFunc(stalledAfter, stalled)}
}

// Read reads from the document until release.
func (s *source) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.body == nil {
		return 0, errReleased
	}
	n, err := s.body.Read(p)
	s.read += int64(n)
	s.stall.Reset(stalledAfter)
	s.ended = s.ended || err == io.EOF
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// release makes sure that the document is not read any more: net/http may still try
// when the answer came early.
func (s *source) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.body = nil
	s.stall.Stop()
}

// probe looks for bytes beyond the announced ones.
func (s *source) probe(size int64) {
	if s.ended || s.read != size || s.body == nil {
		return
	}
	n, err := s.body.Read(make([]byte, 1))
	s.read += int64(n)
	s.ended = err == io.EOF
}

// fault is what is wrong with the document itself, if anything.
func (s *source) fault(size int64, sending error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return faultOf(opUpload, domain.Retryable, domain.CodeDocumentUnavailable, domain.FaultCutShort, domain.About{}, s.err)
	}
	s.probe(size)
	short := s.ended && s.read < size && sending != nil
	if size >= 0 && (short || s.read > size) {
		return faultOf(opUpload, domain.Permanent, domain.CodeDocumentMismatch, domain.FaultOtherLength, domain.About{Size: s.read, Limit: size}, sending)
	}
	return nil
}
