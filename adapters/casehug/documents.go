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
const Bucket = "casehug-documents"

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
		return Opened{}, f.misplaced("it is not in the bucket "+Bucket, nil)
	case d.opt.Objects == nil:
		return Opened{}, f.misplaced("this engine has no object store", nil)
	}
	s, err := d.opt.Objects.Object(ctx, domain.ObjectQuestion{Firm: f.firm, SHA256: f.doc.SHA256, Vouched: f.vouched}, bucket, name)
	switch {
	case errors.Is(err, domain.ErrOthersObject):
		return Opened{}, f.failed(domain.Permanent, "its object is another firm's", remedyAgain, err)
	case errors.Is(err, domain.ErrNotProved):
		return Opened{}, f.failed(domain.Permanent, "nothing shows that its object is this firm's", remedyProof, err)
	case errors.Is(err, domain.ErrOtherBytes):
		return Opened{}, f.mismatch(err)
	case errors.Is(err, ErrNoObject):
		return Opened{}, f.failed(domain.NotThere, "the object store does not have it", remedyAgain, err)
	case err != nil:
		return Opened{}, f.later("the object store does not answer", err)
	}
	return s, nil
}

// fetch is one document on its way; it words what goes wrong with it.
type fetch struct {
	firm    domain.FirmID
	doc     domain.DocumentData
	vouched bool
	op      string
}

// Who must act when a document cannot be had.
const (
	remedyAgain  = "Whoever approved the document uploads it again in CaseHug and approves it."
	remedySmall  = "Whoever approved the document uploads a smaller file in CaseHug and approves it."
	remedyPlace  = "Whoever runs the service that sends documents puts them into the bucket " + Bucket + " or on a public https address, and sends the event again."
	remedyPut    = "Whoever runs the service that sends documents puts it into the bucket " + Bucket + " again. Then it goes on by itself."
	remedyProof  = "Whoever runs the service that sends documents gives the object the firm's id as its metadata 'firm', or sends the event again with the document's sha256."
	remedyNobody = "Nobody needs to act: it is retried automatically. If it lasts, tell CaseHug's support."
)

// gone is the error for a document that trying again will not bring.
func (f fetch) gone(why string, cause error) error {
	return f.failed(domain.Permanent, why, remedyAgain, cause)
}

// misplaced is the error for a document that is where none is read from.
func (f fetch) misplaced(why string, cause error) error {
	return f.failed(domain.Permanent, why, remedyPlace, cause)
}

// later is the error for a document that may be there the next time.
func (f fetch) later(why string, cause error) error {
	return f.failed(domain.Retryable, why, remedyNobody, cause)
}

// damaged is the error for a document that was not stored as it was put. It is retried,
// because putting it again makes it whole.
func (f fetch) damaged(cause error) error {
	return f.failed(domain.Retryable, "the object store has not the bytes that were put", remedyPut, cause)
}

// mismatch is the error for an object that has other bytes. It does not tell which: they may
// be another firm's.
func (f fetch) mismatch(cause error) error {
	return &domain.CallError{Op: f.op, Class: domain.Permanent, Err: cause, Failure: domain.Failure{
		Code:    domain.CodeDocumentMismatch,
		Message: fmt.Sprintf("The document %q is not the one that was approved: its object has another SHA-256.", f.doc.FileName),
		Remedy:  remedyAgain,
	}}
}

func (f fetch) tooLarge(most int64) error {
	return f.failed(domain.Permanent, fmt.Sprintf("it is larger than %d bytes", most), remedySmall, nil)
}

func (f fetch) failed(class domain.Class, why, remedy string, cause error) *domain.CallError {
	return &domain.CallError{
		Op:    f.op,
		Class: class,
		Failure: domain.Failure{
			Code:    domain.CodeDocumentUnavailable,
			Message: fmt.Sprintf("The document %q cannot be read: %s.", f.doc.FileName, why),
			Remedy:  remedy,
		},
		Err: cause,
	}
}
