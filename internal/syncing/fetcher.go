package syncing

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// fetcher copies approved documents to the spool.
type fetcher struct {
	attempt   *attempt
	documents Documents
	fetches   *Workers
	calls     *Calls
	spool     string
	hold      *workerHold // the attempt's worker
}

// spooled is a document on its way, in a file that nobody else can open.
type spooled struct {
	file   *os.File
	size   int64
	sha256 string
}

func (s *spooled) discard() { _ = s.file.Close() } // its name is gone already

// fetch copies a document to the spool and checks it on the way. That takes as long as the
// document's host pleases, so it holds no worker.
func (f *fetcher) fetch(ctx context.Context, d domain.Document) (copied *spooled, err error) {
	if err := f.askProof(ctx, &d); err != nil {
		return nil, err
	}
	goOn := f.calls.rest(f.attempt.stream(), f.attempt.now)
	fetch := func() error {
		leave, err := f.fetches.enter(ctx, f.attempt.stopping, f.attempt.firm, f.hold.class)
		if err != nil {
			return err
		}
		defer leave()
		goOn()
		copied, err = f.copy(ctx, d)
		goOn = f.calls.rest(f.attempt.stream(), f.attempt.now) // until it has a worker
		return err
	}
	f.attempt.monitor.outside(func() { err = f.hold.without(ctx, f.attempt.stopping, fetch) })
	goOn()
	if err == nil {
		err = f.attempt.reload(ctx)
	}
	if err != nil && copied != nil {
		copied.discard()
	}
	return copied, err
}

func (f *fetcher) copy(ctx context.Context, d domain.Document) (*spooled, error) {
	src, unmarked, err := f.documents.Open(ctx, f.attempt.firm, d)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	file, err := os.CreateTemp(f.spool, "document-*")
	if err != nil {
		return nil, spoolFault(err)
	}
	if err := os.Remove(file.Name()); err != nil { // open, but without a name: gone with the process
		return nil, errors.Join(spoolFault(err), file.Close())
	}
	to, digest := io.Writer(spoolWriter{f, file}), sha256.New()
	if d.Data.SHA256 == "" {
		to = io.MultiWriter(to, digest)
	}
	n, err := io.Copy(to, src)
	if err != nil {
		return nil, errors.Join(sourceFault(err, d.Data), file.Close())
	}
	if unmarked {
		if err := f.prove(ctx, d.Data); err != nil {
			return nil, errors.Join(err, file.Close())
		}
	}
	known := d.Data.SHA256 // reading has compared it
	if known == "" {
		known = hex.EncodeToString(digest.Sum(nil))
	}
	return &spooled{file: file, size: n, sha256: known}, nil
}

// askProof withdraws a publisher's claim to the object if another firm has proved that the
// object is its document.
func (f *fetcher) askProof(ctx context.Context, d *domain.Document) error {
	if d.Data.Content.Object == "" || d.Data.SHA256 != "" || !d.Vouched {
		return nil
	}
	o, _, err := eventstore.Load[domain.Object](ctx, f.attempt.ledger, domain.ObjectStream(d.Data.Content.Object))
	d.Vouched = !o.Others(f.attempt.firm)
	return err
}

// prove notes that the firm knew the digest of the object that was read.
func (f *fetcher) prove(ctx context.Context, d domain.DocumentData) error {
	if d.SHA256 == "" {
		return nil
	}
	_, _, err := eventstore.Execute(ctx, f.attempt.ledger, f.attempt.now, domain.ObjectStream(d.Content.Object),
		func(o domain.Object) ([]domain.Event, error) { return o.Prove(f.attempt.firm, d.SHA256), nil })
	return err
}

// spoolWriter distinguishes faults of our disk from faults of the source, and notes progress.
type spoolWriter struct {
	fetcher *fetcher
	file    *os.File
}

func (w spoolWriter) Write(p []byte) (int, error) {
	w.fetcher.calls.note(w.fetcher.attempt.stream(), w.fetcher.attempt.now())
	n, err := w.file.Write(p)
	if err != nil {
		return n, spoolFault(err)
	}
	return n, nil
}

// spoolReader notes progress while a document is sent.
type spoolReader struct {
	fetcher *fetcher
	file    *os.File
}

func (r spoolReader) Read(p []byte) (int, error) {
	r.fetcher.calls.note(r.fetcher.attempt.stream(), r.fetcher.attempt.now())
	return r.file.Read(p)
}

// sourceFault is the error of a source that broke off.
func sourceFault(err error, d domain.DocumentData) error {
	if domain.AsCallError(err) != nil {
		return err
	}
	return &domain.CallError{Op: "fetch document", Class: domain.Retryable, Err: err, Failure: domain.Failure{Code: domain.CodeDocumentUnavailable, Fault: domain.FaultSourceBrokeOff,
		About: &domain.About{File: d.FileName}}}
}

func spoolFault(err error) error {
	return &domain.CallError{Op: "spool document", Class: domain.Retryable, Err: err, Failure: domain.Failure{Code: domain.CodeInternal, Fault: domain.FaultSpool}}
}
