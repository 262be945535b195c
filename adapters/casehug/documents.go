package casehug

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// Bucket is the one bucket of the bus's object store that documents may come from.
const Bucket = domain.DocumentBucket

// Defaults of Options.
const (
	DefaultMaxBytes  = 1 << 30 // 1 GiB
	DefaultFirstByte = 10 * time.Second
	DefaultStall     = 30 * time.Second
	DefaultLead      = 2 * time.Minute
	DefaultRate      = 256 << 10
)

// ErrNoObject is what Objects answers for an object or a bucket that is not there.
// It is fs.ErrNotExist, so that an object store needs nothing of this package.
var ErrNoObject = fs.ErrNotExist

// ErrDamaged is what reading an object ends with whose bytes are not those that were put.
var ErrDamaged = errors.New("the object is damaged")

// Objects is the bus's object store.
type Objects interface {
	// Object opens an object for a firm's document. An object or bucket that is not there is an error that is ErrNoObject; one
	// that the firm may not read is what domain.ObjectEntry says. Reading a damaged one ends
	// with an error that is ErrDamaged.
	Object(ctx context.Context, q domain.ObjectQuestion, bucket, name string) (Opened, error)
}

// Opened is an opened document.
type Opened struct {
	io.ReadCloser
	Size     int64 // in bytes; -1: not known
	Unmarked bool  // an object that bears no firm's mark: that it is the firm's had to be shown
}

// Options say where Documents may read and how much. The zero value is what a
// production engine uses, apart from Objects.
type Options struct {
	Objects Objects // nil: no document can come from the object store
	// Networks are those networks, beside the public ones, that URLs may lead into.
	Networks  []netip.Prefix
	MaxBytes  int64          // the largest document; 0: DefaultMaxBytes
	FirstByte time.Duration  // how long a host may take to start its answer; 0: DefaultFirstByte
	Stall     time.Duration  // how long it may fall silent within it; 0: DefaultStall
	Lead      time.Duration  // how long a document may take beside the time that its bytes take at Rate; 0: DefaultLead
	Rate      int64          // the bytes that have to come each second; 0: DefaultRate
	Roots     *x509.CertPool // who vouches for hosts; nil: whom the system trusts
}

// Documents opens the bytes of approved documents.
type Documents struct {
	opt    Options
	client *http.Client
}

// NewDocuments is Documents with these options.
func NewDocuments(o Options) *Documents {
	o.MaxBytes = cmp.Or(o.MaxBytes, DefaultMaxBytes)
	o.FirstByte = cmp.Or(o.FirstByte, DefaultFirstByte)
	o.Stall = cmp.Or(o.Stall, DefaultStall)
	o.Lead = cmp.Or(o.Lead, DefaultLead)
	o.Rate = cmp.Or(o.Rate, DefaultRate)
	return &Documents{opt: o, client: newClient(o)}
}

// Open opens a document's bytes. The caller closes the reader. Reading more than the largest size, or from
// a source that breaks off, fails like Open itself: with *domain.CallError and
// CodeDocumentUnavailable, permanent if the document is not there or may not be read
// from there, retryable if its source is out of order.
//
// A download that is too slow is cancelled: n bytes may take at most Lead plus their time at
// Rate.
//
// A URL leads to a public host by https, over at most three redirects; its name is
// resolved once, and the address that is dialled is the one that was checked.
func (d *Documents) Open(ctx context.Context, firm domain.FirmID, doc domain.Document) (Opened, error) {
	f := fetch{firm: firm, doc: doc.Data, vouched: doc.Vouched, op: fmt.Sprintf("open document %s of firm %s", doc.Data.ID, firm)}
	open := d.openURL
	if f.doc.Content.Object != "" {
		open = d.openObject
	}
	ctx, p := paced(ctx, d.opt.Lead, d.opt.Rate)
	s, err := open(ctx, f)
	if err != nil {
		p.stop()
		return Opened{}, err
	}
	s.ReadCloser = p.over(ctx, s.ReadCloser)
	if s.Size > d.opt.MaxBytes {
		_ = s.Close() // nothing was read from it
		return Opened{}, f.tooLarge(d.opt.MaxBytes)
	}
	s.ReadCloser = &limited{ReadCloser: s.ReadCloser, left: d.opt.MaxBytes, most: d.opt.MaxBytes, of: f}
	return s, nil
}

func (d *Documents) openObject(ctx context.Context, f fetch) (Opened, error) {
	bucket, name, _ := strings.Cut(f.doc.Content.Object, "/")
	switch {
	case bucket != Bucket || name == "":
		return Opened{}, f.refused(domain.FaultOtherBucket, nil)
	case d.opt.Objects == nil:
		return Opened{}, f.refused(domain.FaultNoObjectStore, nil)
	}
	s, err := d.opt.Objects.Object(ctx, domain.ObjectQuestion{Firm: f.firm, SHA256: f.doc.SHA256, Vouched: f.vouched}, bucket, name)
	switch {
	case errors.Is(err, domain.ErrOthersObject):
		return Opened{}, f.refused(domain.FaultOthersObject, err)
	case errors.Is(err, domain.ErrNotProved):
		return Opened{}, f.refused(domain.FaultObjectNotProved, err)
	case errors.Is(err, domain.ErrOtherBytes):
		return Opened{}, f.mismatch(err)
	case errors.Is(err, ErrNoObject):
		return Opened{}, f.failed(domain.NotThere, domain.FaultObjectMissing, err)
	case err != nil:
		return Opened{}, f.later(domain.FaultObjectStoreSilent, err)
	}
	return s, nil
}

// fetch is one document on its way; it says what goes wrong with it.
type fetch struct {
	firm    domain.FirmID
	doc     domain.DocumentData
	vouched bool
	op      string
}

// refused is the error for a document that trying again will not bring.
func (f fetch) refused(fault domain.Fault, cause error) error {
	return f.failed(domain.Permanent, fault, cause)
}

// later is the error for a document that may be there the next time. One that was not stored
// as it was put is retried too, because putting it again makes it whole.
func (f fetch) later(fault domain.Fault, cause error) error {
	return f.failed(domain.Retryable, fault, cause)
}

// mismatch is the error for an object that has other bytes. It does not tell which: they may
// be another firm's.
func (f fetch) mismatch(cause error) error {
	return &domain.CallError{Op: f.op, Class: domain.Permanent, Err: cause, Failure: mismatched(domain.FaultOtherBytes, f.doc)}
}

// mismatched is the failure of a document that is not the one that was approved.
func mismatched(fault domain.Fault, d domain.DocumentData) domain.Failure {
	return domain.Failure{Code: domain.CodeDocumentMismatch, Fault: fault, About: &domain.About{File: d.FileName}}
}

func (f fetch) tooLarge(most int64) error {
	e := f.failed(domain.Permanent, domain.FaultTooLarge, nil)
	e.Failure.About.Limit = most
	return e
}

func (f fetch) failed(class domain.Class, fault domain.Fault, cause error) *domain.CallError {
	return &domain.CallError{Op: f.op, Class: class, Err: cause,
		Failure: domain.Failure{Code: domain.CodeDocumentUnavailable, Fault: fault, About: &domain.About{File: f.doc.FileName}}}
}
