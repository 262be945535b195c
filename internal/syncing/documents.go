package syncing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// documentStep sends every approved document that Smokeball does not have.
type documentStep struct {
	attempt   *attempt
	grant     *grant
	link      *link
	folders   *folderStep
	confirm   *confirmStep
	fetcher   *fetcher
	names     *renameStep
	smokeball Files
	oneByOne  bool                   // no document is sent beside another
	filesOf   domain.SmokeballID     // the matter that files belong to
	files     []domain.SmokeballFile // of the matter, where they had to be asked for
}

// do sends every approved document that Smokeball does not have, and renames the files of those
// that have another name in CaseHug since.
func (s *documentStep) do(ctx context.Context) result {
	r, later := s.sendAll(ctx)
	if r.ends() {
		return r
	}
	return s.names.do(ctx).or(fails(later))
}

// sendOrFail sends a document, or records why that is not possible. A document that is approved
// again during a failed attempt is attempted again.
func (s *documentStep) sendOrFail(ctx context.Context, id domain.DocumentID) result {
	tried, _ := s.attempt.m.Document(id)
	r := s.send(ctx, id)
	ce := domain.AsCallError(r.err)
	switch {
	case ce == nil || ctx.Err() != nil || ce.Failure.Code == domain.CodeMatterGone:
		return r
	case ce.Class == domain.NotThere && s.awaits(tried):
		return s.comes(ce, tried.Told)
	case ce.Class == domain.NotThere && keeps(tried):
		return s.keepUncompared(ctx, tried)
	case ce.Class == domain.SignIn || ce.Class == domain.Retryable || ce.Class == domain.Allowance:
		return r
	}
	return s.failed(ctx, tried, ce)
}

// How long an approval waits for its object, and how often it looks: soon at first, then after a
// fifth of the time since the approval, at most mostBetweenLooks apart.
const (
	objectWait        = time.Hour
	leastBetweenLooks = time.Second
	mostBetweenLooks  = 20 * time.Second
	shareBetweenLooks = 5
)

// comes makes the sync wait for an approval's object, which is missing.
func (s *documentStep) comes(ce *domain.CallError, told time.Time) result {
	f := ce.Failure.With(func(a *domain.About) { a.Until = told.Add(objectWait).UTC() })
	return result{next: waits, wait: waiting{failure: f, until: s.attempt.now().Add(betweenLooks(s.attempt.now().Sub(told)))}}
}

// betweenLooks is the pause before the next look for an object that has been awaited so long.
func betweenLooks(waited time.Duration) time.Duration {
	return min(max(waited/shareBetweenLooks, leastBetweenLooks), mostBetweenLooks)
}

// sendable returns the documents to send, and warns of those that this sync leaves out.
func (s *documentStep) sendable(ctx context.Context) (list []domain.Document, err error) {
	for _, d := range s.attempt.m.Documents {
		if d.Removed == nil {
			continue
		}
		gone := domain.Warning{Code: domain.WarnDocumentRemoved, About: &domain.About{File: d.Data.FileName, Since: d.Removed.At}}
		if err := s.attempt.warn(ctx, gone); err != nil {
			return nil, err
		}
	}
	for _, d := range s.attempt.m.Unsent() {
		if !s.attempt.m.Current.LeavesOut(d) {
			list = append(list, d)
			continue
		}
		if err := s.attempt.warn(ctx, leftOut(d)); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// leftOut warns of a document that failed for good in an earlier sync.
func leftOut(d domain.Document) domain.Warning {
	return domain.Warning{Code: domain.WarnDocumentNotSent, About: &domain.About{File: d.Data.FileName, Cause: reason(*d.Failure)}}
}

func (s *documentStep) failed(ctx context.Context, d domain.Document, ce *domain.CallError) result {
	if same := s.grant.ensureSame(ctx); same.ends() {
		return same
	}
	failed := domain.DocumentFailed{Sync: s.attempt.current.Sync, Document: d.Data.ID, FileName: d.Data.FileName, Failure: ce.Failure}
	return decided(s.attempt.decide(ctx, func(m domain.Matter) ([]domain.Event, error) {
		return m.FailDocument(s.attempt.current, d.Approvals, failed)
	}))
}

// send brings one document to Smokeball: fetched and checked first, so that nothing
// is announced that can't follow, then announced, then its bytes.
// A document that is approved again in the meantime is sent as well.
func (s *documentStep) send(ctx context.Context, id domain.DocumentID) result {
	var put domain.DocumentUploaded // what was sent last
	return repeat(func() result {
		if there, r := s.findMoved(ctx, id); there || r.ends() {
			return r
		}
		return s.sendNewest(ctx, id, &put)
	})
}

func (s *documentStep) sendNewest(ctx context.Context, id domain.DocumentID, put *domain.DocumentUploaded) result {
	start := s.attempt.now()
	d, _ := s.attempt.m.Document(id)
	copied, err := s.fetcher.fetch(ctx, d)
	if err != nil {
		return fails(err)
	}
	defer copied.discard()
	if now, _ := s.attempt.m.Document(id); now.File != "" && now.Sent == copied.sha256 {
		return s.keep(ctx, d, true)
	} else if put.File == "" || put.File != now.File || put.SHA256 != copied.sha256 {
		var r result
		if *put, r = s.put(ctx, id, copied); r.ends() {
			return r
		}
	}
	put.FileName, put.DurationMS = d.Data.FileName, s.attempt.since(start)
	return decided(s.attempt.decide(context.WithoutCancel(ctx), func(m domain.Matter) ([]domain.Event, error) {
		return m.Upload(s.attempt.current, d.Approvals, *put)
	}))
}

// put sends the document's bytes to its file, which is announced first if it does not exist. It
// records beforehand that other bytes replace known ones, so that after a kill the engine does
// not take the old bytes for the file's.
func (s *documentStep) put(ctx context.Context, id domain.DocumentID, c *spooled) (sent domain.DocumentUploaded, r result) {
	upload, r := s.place(ctx, id)
	if r.ends() {
		return sent, r
	}
	d, _ := s.attempt.m.Document(id)
	if d.Sent != "" {
		if err := s.attempt.record(ctx, domain.DocumentReplacementStarted{Sync: s.attempt.current.Sync, Document: id, File: d.File}); err != nil {
			return sent, fails(err)
		}
	}
	return domain.DocumentUploaded{Sync: s.attempt.current.Sync, Document: id, File: upload.File, Request: d.Request, SHA256: c.sha256, SizeBytes: c.size}, fails(s.sendTo(ctx, upload, c))
}

// place returns where to send the bytes: a fresh URL of the document's file, or of a new one.
func (s *documentStep) place(ctx context.Context, id domain.DocumentID) (u domain.Upload, r result) {
	r = repeat(func() (r result) {
		switch d, _ := s.attempt.m.Document(id); {
		case d.File != "":
			u, r = s.freshURL(ctx, d)
		case d.Intent != nil:
			r = s.lookForFile(ctx, d).or(again)
		default:
			if u, r = s.announce(ctx, d); u.URL == "" {
				r = r.or(again)
			}
		}
		return r
	})
	return u, r
}

// announce announces the file to Smokeball, under an intent.
func (s *documentStep) announce(ctx context.Context, d domain.Document) (u domain.Upload, r result) {
	draft, r := s.fileDraft(ctx, d.Data)
	if r.ends() {
		return u, r
	}
	rid := s.attempt.request("file", string(d.Data.ID))
	r = creation[domain.Upload]{
		intend: s.attempt.intend(func(m domain.Matter) ([]domain.Event, error) {
			return m.StartFile(s.attempt.current, d.Data.ID, draft.Name, rid)
		}),
		call: func(ctx context.Context, intend Intend) (domain.Upload, error) {
			return s.smokeball.AddFile(ctx, s.attempt.firm, s.attempt.m.Smokeball.ID, draft, rid, intend)
		},
		made: func(ctx context.Context, made domain.Upload) error {
			u = made
			err := s.attempt.record(ctx, domain.FileAccepted{Sync: s.attempt.current.Sync, Document: d.Data.ID, File: u.File, Request: rid})
			return errors.Join(err, s.folders.warnedUnfiled(ctx, d.Data))
		},
		undo: s.attempt.undo(rid),
		failed: func(ctx context.Context, err error) result {
			return s.folders.unfile(d.Data.ID, draft, s.folders.folderGone(ctx, s.folders.path(d.Data), draft.Folder, s.link.classify(ctx, err)))
		},
	}.ask(ctx)
	return u, r
}

// fileDraft is the document as a file, in its folder.
func (s *documentStep) fileDraft(ctx context.Context, d domain.DocumentData) (domain.FileDraft, result) {
	path := s.folders.path(d)
	name := domain.FileName(d.FileName, d.ContentType)
	if name != d.FileName || d.Cleaned {
		if err := s.attempt.warn(ctx, domain.Warning{Code: domain.WarnFileNameChanged, About: &domain.About{File: d.FileName, Was: name}}); err != nil {
			return domain.FileDraft{}, fails(err)
		}
	}
	draft := domain.FileDraft{Name: name, Data: map[string]string{domain.FileDocumentKey: string(d.ID), domain.FileDigestKey: d.SHA256}}
	return draft, s.folders.put(ctx, d.ID, &draft, path)
}

// freshURL requests a new upload URL for a file that was announced before.
func (s *documentStep) freshURL(ctx context.Context, d domain.Document) (domain.Upload, result) {
	for pause, waited := looks.First, time.Duration(0); ; pause = looks.Next(pause) {
		u, err := s.smokeball.UploadURL(ctx, s.attempt.firm, s.attempt.m.Smokeball.ID, d.File)
		if !domain.IsNotThere(err) {
			return u, fails(err)
		}
		if waited >= s.attempt.waits.Visible { // it never came, or somebody removed it
			r := s.link.classify(ctx, err)
			if err := s.attempt.abandonFile(ctx, d, domain.AbandonedNoUploadURL); err != nil {
				r = fails(errors.Join(r.err, err))
			}
			return u, r
		}
		if err := s.attempt.pause(ctx, pause); err != nil {
			return u, fails(err)
		}
		waited += pause
	}
}

// lookForFile settles an announcement whose answer was lost.
func (s *documentStep) lookForFile(ctx context.Context, d domain.Document) result {
	r := search[domain.SmokeballID]{
		attempt: s.attempt,
		look: func(ctx context.Context) (domain.SmokeballID, bool, error) {
			list, err := s.smokeball.Files(ctx, s.attempt.firm, s.attempt.m.Smokeball.ID)
			if i := fileOf(list, d.Data.ID); err == nil && i >= 0 {
				return list[i].ID, true, nil
			}
			return "", false, err
		},
		open: func(context.Context) (bool, error) {
			now, _ := s.attempt.m.Document(d.Data.ID)
			return now.Intent != nil && now.Intent.Request == d.Intent.Request, nil
		},
		found: func(ctx context.Context, id domain.SmokeballID) result {
			return fails(s.attempt.record(ctx, domain.FileAccepted{Sync: s.attempt.current.Sync, Document: d.Data.ID, File: id, Request: d.Intent.Request}))
		},
		abandon: s.attempt.abandon(d.Intent.Request),
	}.run(ctx)
	if r.next == failed {
		return s.link.classify(ctx, r.err)
	}
	return r
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
// another matter before and this one may have been ours earlier, Smokeball refused the file
// after it had taken it in, or the ledger lost what it knew of the file. there: its bytes are the approved ones.
func (s *documentStep) findMoved(ctx context.Context, id domain.DocumentID) (there bool, r result) {
	d, _ := s.attempt.m.Document(id)
	lost := d.File == "" && s.attempt.mayHaveFiles()
	moved := d.File == "" && d.Moved && !s.attempt.m.Smokeball.Made
	if !d.Doubted && !lost && !moved {
		return false, done
	}
	if matter := s.attempt.m.Smokeball.ID; s.filesOf != matter || d.Doubted {
		files, err := s.smokeball.Files(ctx, s.attempt.firm, matter)
		if err != nil {
			return false, s.link.classify(ctx, err)
		}
		s.filesOf, s.files = matter, files
	}
	i := fileOf(s.files, id)
	if i < 0 {
		return false, done
	}
	f := s.files[i]
	facts := []domain.Event{domain.FileAccepted{Sync: s.attempt.current.Sync, Document: id, File: f.ID}}
	there = f.Uploaded && d.Data.SHA256 != "" && f.Data[domain.FileDigestKey] == d.Data.SHA256 &&
		d.Data.SizeBytes != nil && f.SizeBytes == *d.Data.SizeBytes
	if there {
		facts = append(facts, domain.DocumentConfirmed{Sync: s.attempt.current.Sync, Document: id, File: f.ID, By: domain.ByRead})
	}
	return there, fails(s.attempt.record(ctx, facts...))
}

// sendTo sends the bytes. An expired URL is a passing fault: the next attempt requests a fresh
// one.
func (s *documentStep) sendTo(ctx context.Context, u domain.Upload, c *spooled) error {
	if _, err := c.file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read the spooled document: %w", err)
	}
	return s.smokeball.Upload(ctx, u, io.NopCloser(spoolReader{s.fetcher, c.file}), c.size)
}
