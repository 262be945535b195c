package syncing

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// documents sends every approved document that Smokeball does not have, and renames the files
// of those that have another name in CaseHug since.
func (t *attempt) documents(ctx context.Context) error {
	later, err := t.sendAll(ctx)
	if err == nil {
		err = errors.Join(t.renames(ctx), t.misfiled(ctx))
	}
	if err != nil {
		return err
	}
	return later
}

// sendAll sends documents. A fault in one is recorded and does not hold back the others; one
// that passes is returned as later.
func (t *attempt) sendAll(ctx context.Context) (later, err error) {
	unsent, err := t.sendable(ctx)
	if err != nil || len(unsent) == 0 {
		return nil, err
	}
	if err := t.confirmMatter(ctx); err != nil { // files are added to a matter that is there
		return nil, err
	}
	for _, d := range unsent {
		if d.Uploaded {
			continue // only its confirmation is missing
		}
		err := t.sendOrFail(ctx, d.Data.ID)
		ce := domain.AsCallError(err)
		switch {
		case err == nil:
		case ce == nil || ce.Class == domain.SignIn || ce.Failure.Code == domain.CodeMatterGone || ctx.Err() != nil:
			return nil, err
		default:
			later = errors.Join(later, err)
		}
	}
	return later, nil
}

// sendOrFail sends a document, or records why that is not possible. A document that is approved
// again during a failed attempt gets an attempt of its own.
func (t *attempt) sendOrFail(ctx context.Context, id domain.DocumentID) error {
	for {
		tried, _ := t.m.Document(id)
		err := t.send(ctx, id)
		ce := domain.AsCallError(err)
		switch {
		case ce == nil || ctx.Err() != nil || ce.Failure.Code == domain.CodeMatterGone:
			return err
		case ce.Class == domain.NotThere && t.awaits(tried):
			return t.comes(ce, tried.Told)
		case ce.Class == domain.NotThere && keeps(tried):
			if err := t.keepUncompared(ctx, tried); !errors.Is(err, domain.ErrTaken) {
				return err
			}
			continue
		case ce.Class == domain.SignIn || ce.Class == domain.Retryable || ce.Class == domain.Allowance:
			return err
		}
		if err := t.failed(ctx, tried, ce); !errors.Is(err, domain.ErrTaken) {
			return err
		}
	}
}

// An approval waits so long for its object, and looks for it so often: soon at first, then
// after a fifth of the time since the approval, and never more rarely than mostBetweenLooks.
const (
	objectWait          = time.Hour
	leastBetweenLooks   = time.Second
	mostBetweenLooks    = 20 * time.Second
	shareBetweenLooks   = 5
	objectComesByItself = "It goes on by itself when CaseHug puts the document, until %s. If it does not come, whoever runs the service that sends documents puts it."
)

// comes lets the sync wait for an approval's object, which is not there yet.
func (t *attempt) comes(ce *domain.CallError, told time.Time) error {
	f := ce.Failure
	f.Remedy = fmt.Sprintf(objectComesByItself, told.Add(objectWait).UTC().Format("15:04 UTC"))
	return &waiting{step: domain.StepDocument, failure: f, until: t.Now().Add(betweenLooks(t.Now().Sub(told)))}
}

// betweenLooks is the pause before the next look for an object that has been awaited so long.
func betweenLooks(waited time.Duration) time.Duration {
	return min(max(waited/shareBetweenLooks, leastBetweenLooks), mostBetweenLooks)
}

// sendable are the documents to be sent. Those that this sync leaves out it warns of.
func (t *attempt) sendable(ctx context.Context) (list []domain.Document, err error) {
	for _, d := range t.m.Unsent() {
		if !t.m.LeavesOut(d) {
			list = append(list, d)
			continue
		}
		if err := t.warn(ctx, leftOut(d)); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// leftOut tells of a document that failed for good in an earlier sync.
func leftOut(d domain.Document) domain.Warning {
	return domain.Warning{Code: "document_not_sent", Message: fmt.Sprintf(
		"“%s” is still not in Smokeball: %s. Put it right, then click “Sync to Smokeball” on the matter, or approve the document again in CaseHug. Any CaseHug user of the firm can do it",
		d.Data.FileName, strings.TrimSuffix(d.Failure.Message, "."))}
}

func (t *attempt) failed(ctx context.Context, d domain.Document, ce *domain.CallError) error {
	if err := t.ensureSameConnection(ctx); err != nil {
		return err
	}
	failed := domain.DocumentFailed{Sync: t.Sync, Document: d.Data.ID, FileName: d.Data.FileName, Failure: ce.Failure}
	return t.decide(ctx, func(m domain.Matter) ([]domain.Event, error) { return m.FailDocument(t.Attempt, d.Approvals, failed) })
}

// send brings one document to Smokeball: fetched and checked first, so that nothing
// is announced that can't follow, then announced, then its bytes.
// A document that is approved again in the meantime is sent as well.
func (t *attempt) send(ctx context.Context, id domain.DocumentID) error {
	var put domain.DocumentUploaded // what was sent last
	for {
		if there, err := t.findMoved(ctx, id); there || err != nil {
			return err
		}
		if err := t.sendNewest(ctx, id, &put); !errors.Is(err, domain.ErrTaken) {
			return err
		}
	}
}

func (t *attempt) sendNewest(ctx context.Context, id domain.DocumentID, put *domain.DocumentUploaded) error {
	start := t.Now()
	d, _ := t.m.Document(id)
	copied, err := t.fetch(ctx, d)
	if err != nil {
		return err
	}
	defer copied.discard()
	if now, _ := t.m.Document(id); now.File != "" && now.Sent == copied.sha256 {
		return t.keep(ctx, d, true)
	} else if put.File == "" || put.File != now.File || put.SHA256 != copied.sha256 {
		if *put, err = t.put(ctx, id, copied); err != nil {
			return err
		}
	}
	put.FileName, put.DurationMS = d.Data.FileName, t.since(start)
	return t.decide(context.WithoutCancel(ctx), func(m domain.Matter) ([]domain.Event, error) { return m.Upload(t.Attempt, d.Approvals, *put) })
}

// put sends the document's bytes to its file, which is announced where it is not there yet.
// That other bytes replace known ones is recorded before: whoever goes on after a kill does
// not take those for the file's.
func (t *attempt) put(ctx context.Context, id domain.DocumentID, c *spooled) (sent domain.DocumentUploaded, err error) {
	upload, err := t.place(ctx, id)
	if err != nil {
		return sent, err
	}
	d, _ := t.m.Document(id)
	if d.Sent != "" {
		if err := t.record(ctx, domain.DocumentReplacementStarted{Sync: t.Sync, Document: id, File: d.File}); err != nil {
			return sent, err
		}
	}
	return domain.DocumentUploaded{Sync: t.Sync, Document: id, File: upload.File, Request: d.Request, SHA256: c.sha256, SizeBytes: c.size}, t.sendTo(ctx, upload, c)
}

// place finds out where the bytes go: a fresh URL of the document's file, or of a new
// one.
func (t *attempt) place(ctx context.Context, id domain.DocumentID) (domain.Upload, error) {
	for {
		d, _ := t.m.Document(id)
		var u domain.Upload
		var err error
		switch {
		case d.File != "":
			return t.freshURL(ctx, d)
		case d.Intent != nil:
			err = t.lookForFile(ctx, d)
		default:
			u, err = t.announce(ctx, d)
		}
		if err == nil && u.URL != "" {
			return u, nil
		}
		if err != nil && !errors.Is(err, domain.ErrTaken) {
			return domain.Upload{}, err
		}
	}
}

// announce tells Smokeball of the file, whose intent is recorded right before.
func (t *attempt) announce(ctx context.Context, d domain.Document) (domain.Upload, error) {
	draft, err := t.fileDraft(ctx, d.Data)
	if err != nil {
		return domain.Upload{}, err
	}
	rid := t.request("file", string(d.Data.ID))
	u, err := t.Smokeball.AddFile(ctx, t.firm, t.m.Smokeball.ID, draft, rid, t.intend(func(m domain.Matter) ([]domain.Event, error) {
		return m.StartFile(t.Attempt, d.Data.ID, draft.Name, rid)
	}))
	if err != nil {
		if ce := domain.AsCallError(err); ce != nil && !ce.Unsettled {
			err = errors.Join(err, t.undo(ctx, rid, ce))
		}
		return domain.Upload{}, t.unfile(d.Data.ID, draft, t.folderGone(ctx, t.path(d.Data), t.classifyMissing(ctx, err)))
	}
	err = t.record(context.WithoutCancel(ctx), domain.FileAccepted{Sync: t.Sync, Document: d.Data.ID, File: u.File, Request: rid})
	return u, errors.Join(err, t.warnedUnfiled(context.WithoutCancel(ctx), d.Data))
}

// path is the folder that the firm chose for documents, else the document's own.
func (t *attempt) path(d domain.DocumentData) string {
	return cmp.Or(t.settings.DocumentsFolder, d.Folder)
}

// fileDraft is the document as a file, in its folder.
func (t *attempt) fileDraft(ctx context.Context, d domain.DocumentData) (domain.FileDraft, error) {
	path := t.path(d)
	name := domain.FileName(d.FileName, d.ContentType)
	if name != d.FileName || d.Cleaned {
		if err := t.warn(ctx, domain.Warning{Code: "file_name_changed", Message: fmt.Sprintf("“%s” is “%s” in Smokeball, because Windows and Smokeball take no other name", d.FileName, name)}); err != nil {
			return domain.FileDraft{}, err
		}
	}
	draft := domain.FileDraft{Name: name, Data: map[string]string{domain.FileDocumentKey: string(d.ID), domain.FileDigestKey: d.SHA256}}
	return draft, t.file(ctx, d.ID, &draft, path)
}

// freshURL asks for a place for the bytes of a file that was announced before.
func (t *attempt) freshURL(ctx context.Context, d domain.Document) (domain.Upload, error) {
	for pause, waited := looks.First, time.Duration(0); ; pause = looks.Next(pause) {
		u, err := t.Smokeball.UploadURL(ctx, t.firm, t.m.Smokeball.ID, d.File)
		if !domain.IsNotThere(err) {
			return u, err
		}
		if waited >= t.Waits.Visible { // it never came, or somebody removed it
			return u, errors.Join(t.classifyMissing(ctx, err), t.abandonFile(ctx, d, domain.AbandonedNoUploadURL))
		}
		if err := t.pause(ctx, pause); err != nil {
			return u, err
		}
		waited += pause
	}
}

// lookForFile settles an announcement whose answer was lost.
func (t *attempt) lookForFile(ctx context.Context, d domain.Document) error {
	until := t.lookUntil()
	for pause := looks.First; ; pause = looks.Next(pause) {
		list, err := t.Smokeball.Files(ctx, t.firm, t.m.Smokeball.ID)
		if err != nil && !t.passesBy(err, until) {
			return t.classifyMissing(ctx, err)
		}
		if i := fileOf(list, d.Data.ID); i >= 0 {
			return t.record(ctx, domain.FileAccepted{Sync: t.Sync, Document: d.Data.ID, File: list[i].ID, Request: d.Intent.Request})
		}
		if err == nil && !t.Now().Before(until) {
			break
		}
		if err := t.pause(ctx, t.nextLook(pause, until)); err != nil {
			return err
		}
		if now, _ := t.m.Document(d.Data.ID); now.Intent == nil || now.Intent.Request != d.Intent.Request {
			return nil // a webhook or the engine that made the call settled it
		}
	}
	return t.abandon(ctx, d.Intent.Request)
}

// fileOf finds the file of a document among a matter's files, or -1. One that Smokeball
// cancelled because its bytes did not come takes them later, so it is used where there is
// no other.
func fileOf(list []domain.SmokeballFile, id domain.DocumentID) int {
	ours := func(cancelled bool) int {
		return slices.IndexFunc(list, func(f domain.SmokeballFile) bool {
			return f.Data[domain.FileDocumentKey] == string(id) && !f.Deleted && f.Cancelled == cancelled && !(cancelled && f.Uploaded)
		})
	}
	if i := ours(false); i >= 0 {
		return i
	}
	return ours(true)
}

// findMoved finds a document in the linked matter that may have it already: it was sent to
// another matter before and this one may have been ours earlier, or Smokeball refused the
// file after it had taken it in. there: its bytes are the approved ones.
func (t *attempt) findMoved(ctx context.Context, id domain.DocumentID) (there bool, err error) {
	d, _ := t.m.Document(id)
	if !d.Doubted && (!d.Moved || t.m.Smokeball.Made) {
		return false, nil
	}
	if t.files == nil || d.Doubted {
		if t.files, err = t.Smokeball.Files(ctx, t.firm, t.m.Smokeball.ID); err != nil {
			return false, t.classifyMissing(ctx, err)
		}
	}
	i := fileOf(t.files, id)
	if i < 0 {
		return false, nil
	}
	f := t.files[i]
	facts := []domain.Event{domain.FileAccepted{Sync: t.Sync, Document: id, File: f.ID}}
	there = f.Uploaded && d.Data.SHA256 != "" && f.Data[domain.FileDigestKey] == d.Data.SHA256 &&
		d.Data.SizeBytes != nil && f.SizeBytes == *d.Data.SizeBytes
	if there {
		facts = append(facts, domain.DocumentConfirmed{Sync: t.Sync, Document: id, File: f.ID, By: domain.ByRead})
	}
	return there, t.record(ctx, facts...)
}

// sendTo sends the bytes. Where the URL has ended meanwhile that is a passing fault: the
// next attempt asks for a fresh one.
func (t *attempt) sendTo(ctx context.Context, u domain.Upload, c *spooled) error {
	if _, err := c.file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read the spooled document: %w", err)
	}
	return t.Smokeball.Upload(ctx, u, io.NopCloser(c.file), c.size)
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
func (t *attempt) fetch(ctx context.Context, d domain.Document) (copied *spooled, err error) {
	if err := t.askProof(ctx, &d); err != nil {
		return nil, err
	}
	goOn := t.Calls.rest(t.stream(), t.Now)
	err = t.hold.without(ctx, t.stopping, func() error {
		leave, err := t.Fetches.enter(ctx, t.stopping, t.firm, t.hold.class)
		if err != nil {
			return err
		}
		defer leave()
		goOn()
		copied, err = t.copy(ctx, d)
		goOn = t.Calls.rest(t.stream(), t.Now) // until it has a worker
		return err
	})
	goOn()
	if err == nil {
		err = t.reload(ctx)
	}
	if err != nil && copied != nil {
		copied.discard()
	}
	return copied, err
}

func (t *attempt) copy(ctx context.Context, d domain.Document) (*spooled, error) {
	src, unmarked, err := t.Documents.Open(ctx, t.firm, d)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	file, err := os.CreateTemp(t.Spool, "document-*")
	if err != nil {
		return nil, spoolFault(err)
	}
	if err := os.Remove(file.Name()); err != nil { // open, but without a name: gone with the process
		return nil, errors.Join(spoolFault(err), file.Close())
	}
	digest := sha256.New()
	n, err := io.Copy(io.MultiWriter(spoolWriter{t, file}, digest), src)
	if err != nil {
		return nil, errors.Join(sourceFault(err, d.Data), file.Close())
	}
	if unmarked {
		if err := t.prove(ctx, d.Data); err != nil {
			return nil, errors.Join(err, file.Close())
		}
	}
	return &spooled{file: file, size: n, sha256: hex.EncodeToString(digest.Sum(nil))}, nil
}

// askProof withdraws what a publisher vouched for where another firm has proved that the
// object is its document.
func (t *attempt) askProof(ctx context.Context, d *domain.Document) error {
	if d.Data.Content.Object == "" || d.Data.SHA256 != "" || !d.Vouched {
		return nil
	}
	o, _, err := eventstore.Load[domain.Object](ctx, t.Ledger, domain.ObjectStream(d.Data.Content.Object))
	d.Vouched = !o.Others(t.firm)
	return err
}

// prove notes that the firm knew the digest of the object that was read.
func (t *attempt) prove(ctx context.Context, d domain.DocumentData) error {
	if d.SHA256 == "" {
		return nil
	}
	_, _, err := eventstore.Execute(ctx, t.Ledger, t.Now, domain.ObjectStream(d.Content.Object),
		func(o domain.Object) ([]domain.Event, error) { return o.Prove(t.firm, d.SHA256), nil })
	return err
}

// spoolWriter tells faults of our disk from faults of the source, and that bytes come.
type spoolWriter struct {
	*attempt
	file *os.File
}

func (w spoolWriter) Write(p []byte) (int, error) {
	w.Calls.note(w.stream(), w.Now())
	n, err := w.file.Write(p)
	if err != nil {
		return n, spoolFault(err)
	}
	return n, nil
}

// sourceFault is the error of a source that broke off.
func sourceFault(err error, d domain.DocumentData) error {
	if domain.AsCallError(err) != nil {
		return err
	}
	return &domain.CallError{Op: "fetch document", Class: domain.Retryable, Err: err, Failure: domain.Failure{
		Code:    domain.CodeDocumentUnavailable,
		Message: fmt.Sprintf("“%s” broke off while it was fetched", d.FileName),
		Remedy:  "We try again by ourselves.",
	}}
}

func spoolFault(err error) error {
	return &domain.CallError{Op: "spool document", Class: domain.Retryable, Err: err, Failure: domain.Failure{
		Code:    domain.CodeInternal,
		Message: "The engine could not store the document on its way",
		Remedy:  "We try again by ourselves. CaseHug's operators check the space in ENGINE_DATA_DIR.",
	}}
}
