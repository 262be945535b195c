package smokeballsim

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"time"
)

// content is the bytes of one upload.
type content struct {
	Version string // of the file, once it is visible
	Size    int64
	SHA256  string // in hex
	bytes   []byte // nil: there was no room to keep them
}

// transfer is the upload or download of a pre-signed address.
type transfer struct {
	origin
	Matter  string  // id
	File    string  // id
	Content content // of a download
	Ends    time.Time
	Sour    string // why the upload never becomes visible; "": it does
}

// openTransfer makes a pre-signed address below path and returns when it expires.
func (c *call) openTransfer(path string, t transfer) (url string, ends time.Time) {
	t.Ends = time.Now().Add(c.config.UploadLifetime)
	key := c.secret()
	c.keepTransfer(key, t)
	c.changed = true
	return c.url + path + key, t.Ends
}

// keepTransfer keeps an address valid until it expires.
func (s *transfers) keepTransfer(key string, t transfer) {
	s.moving[key] = t
	forget(s.store, s.moving, key, t.Ends)
}

func (c *call) openUpload(m *matter, f *file) uploadInfo {
	url, ends := c.openTransfer("/_upload/", transfer{origin: c.origin(), Matter: m.ID, File: f.ID, Sour: c.sour})
	return uploadInfo{f.ID, url, utc(ends)}
}

// storageError is an error in the format of the storage behind the pre-signed addresses.
type storageError struct {
	XMLName xml.Name `xml:"Error"`
	Code    string
	Message string
	status  int
}

func (e storageError) answer() answer {
	b, err := xml.Marshal(e)
	if err != nil {
		return answer{status: http.StatusInternalServerError}
	}
	return answer{e.status, http.Header{"Content-Type": {"application/xml"}}, b}
}

// upload receives the bytes of a file.
func (s *transfers) upload(w http.ResponseWriter, r *http.Request, _ string) {
	const pattern = "PUT /_upload/{key}"
	if bad := checkUpload(r); bad != nil {
		send(w, bad.answer())
		return
	}
	t, open := s.transfer(r.PathValue("key"))
	if !open {
		send(w, storageError{Code: "AccessDenied", Message: "Request has expired or was never signed", status: 403}.answer())
		return
	}
	body, err := s.receive(r)
	if err != nil {
		send(w, storageError{Code: "IncompleteBody", Message: "The body is shorter than its Content-Length", status: 400}.answer())
		return
	}
	s.misbehave(w, pattern, func(string) answer {
		if !s.arrive(t, body) {
			return storageError{Code: "ServiceUnavailable", Message: "The bytes cannot be kept", status: 503}.answer()
		}
		return answer{status: http.StatusOK, header: http.Header{"Etag": {fmt.Sprintf("%q", body.SHA256[:32])}}}
	})
}

// checkUpload refuses a request that the signature of the address does not cover.
func checkUpload(r *http.Request) *storageError {
	switch {
	case r.Header.Get("Content-Type") != "":
		return &storageError{Code: "SignatureDoesNotMatch", Message: "The Content-Type must be empty", status: 403}
	case r.Header.Get("Authorization") != "" || r.Header.Get("x-api-key") != "":
		return &storageError{Code: "InvalidArgument", Message: "Only one auth mechanism allowed", status: 400}
	case r.ContentLength < 0:
		return &storageError{Code: "MissingContentLength", Message: "You must provide the Content-Length header", status: 411}
	}
	return nil
}

func (s *transfers) transfer(key string) (transfer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, open := s.moving[key]
	return t, open && time.Now().Before(t.Ends)
}

// receive reads a body, with its size and digest, and keeps its bytes if there is room.
func (s *transfers) receive(r *http.Request) (content, error) {
	sum := sha256.New()
	var held bytes.Buffer
	var into io.Writer = sum
	if s.room(r.ContentLength) {
		into = io.MultiWriter(sum, &held)
	}
	n, err := io.Copy(into, r.Body)
	if err != nil || n != r.ContentLength {
		return content{}, fmt.Errorf("receive %d of %d bytes: %w", n, r.ContentLength, io.ErrUnexpectedEOF)
	}
	c := content{Size: n, SHA256: hex.EncodeToString(sum.Sum(nil))}
	if into != io.Writer(sum) {
		c.bytes = held.Bytes()
	}
	return c, nil
}

// room reserves n bytes of the memory for contents, if so many are left.
func (s *transfers) room(n int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept+n > s.config.KeepBytes {
		return false
	}
	s.kept += n
	return true
}

// arrive makes uploaded bytes visible in their file after the visibility delay. It reports
// whether the state file has them.
func (s *transfers) arrive(t transfer, body content) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, held := s.fileOf(t)
	if t.Sour != "" || !held {
		return true
	}
	f.Contents = append(f.Contents, body)
	s.settle(write{
		origin: t.origin, Kind: "File", Verb: "fill", Matter: t.Matter, ID: t.File, Body: encoded(len(f.Contents) - 1),
	})
	return s.committed()
}

func (s *transfers) fileOf(t transfer) (*file, bool) {
	if m := s.account(t.Account).matterHeld(t.Matter); m != nil {
		return m.Files.held(t.File)
	}
	return nil, false
}

// fillFile makes the upload visible whose index the write carries.
func (l *landing) fillFile(f *file) error {
	var at int
	if err := l.read(&at); err != nil {
		return err
	}
	if at > 0 {
		f.Version = l.chance.id()
		f.Modified = utc(time.Now())
	}
	f.Contents[at].Version = f.Version
	f.Current = f.Contents[at]
	f.Cancelled = false
	l.tell("files.updated", l.viewFile(l.home, f))
	return nil
}

// download sends the bytes of a file.
func (s *transfers) download(w http.ResponseWriter, r *http.Request, _ string) {
	t, open := s.transfer(r.PathValue("key"))
	switch {
	case !open:
		send(w, storageError{Code: "AccessDenied", Message: "Request has expired or was never signed", status: 403}.answer())
	case t.Content.bytes == nil:
		send(w, storageError{Code: "NoSuchKey", Message: "The bytes were not kept: the simulator was out of room, or has started again since", status: 404}.answer())
	default:
		s.misbehave(w, "GET /_download/{key}", func(string) answer {
			return answer{http.StatusOK, http.Header{"Content-Type": {"application/octet-stream"}}, t.Content.bytes}
		})
	}
}
