package syncing

import (
	"context"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// file waits until Smokeball shows the document's file with its bytes: by a webhook that says
// so, or by a read, which then confirms every file of the matter that it shows.
func (s *confirmStep) file(ctx context.Context, id domain.DocumentID) result {
	d, _ := s.attempt.m.Document(id)
	r := s.watch.await(ctx, awaited{what: domain.ThingFile, id: d.File, request: d.Request, since: d.Since, also: []domain.Stream{s.attempt.webhookStream(s.attempt.m.Smokeball.ID)},
		recorded: func(context.Context) (bool, error) { // or it was approved again, or refused
			now, _ := s.attempt.m.Document(id)
			return now.Confirmed || !now.Uploaded || now.Failure != nil, nil
		},
		refused: func(ctx context.Context, message string) error {
			return s.attempt.refused(ctx, d.Request, message, d.File)
		},
		shows: func(n domain.Webhooks) bool { return d.ShownBy(d.Request) && n.ShowsBytes(d.Request, d.Size) },
		shown: func(ctx context.Context) error { return s.showFiles(ctx, domain.ByWebhook, d) },
		hinted: func(ctx context.Context, about domain.Webhooks) (time.Time, error) {
			return s.filesHinted(ctx, id, about)
		},
		look: func(ctx context.Context) (bool, result) { return s.lookAtFiles(ctx, id) }})
	if !missing(r.err) {
		return r
	}
	if r := s.link.look(ctx); r.ends() {
		return r // not only the file is missing
	}
	return s.missed(ctx, r.err, func(m domain.Matter) ([]domain.Event, error) { return m.MissFile(s.attempt.current, id, d.File) })
}

// awaitedFiles are the documents whose files are not confirmed yet.
func (s *confirmStep) awaitedFiles() (list []domain.Document) {
	for _, d := range s.attempt.m.Documents {
		if d.Uploaded && !d.Confirmed {
			list = append(list, d)
		}
	}
	return list
}

// filesHinted returns the time of the last webhook that makes a read worthwhile: one about the
// file, or one about its matter with the file's request id. It is zero while another awaited
// file has no such webhook yet, because one read confirms them all.
func (s *confirmStep) filesHinted(ctx context.Context, id domain.DocumentID, about domain.Webhooks) (last time.Time, err error) {
	matter, err := s.attempt.webhooksAbout(ctx, s.attempt.m.Smokeball.ID)
	if err != nil {
		return last, err
	}
	for _, d := range s.awaitedFiles() {
		if d.Data.ID != id {
			if about, err = s.attempt.webhooksAbout(ctx, d.File); err != nil {
				return last, err
			}
		}
		hint := later(about.Last, matter.LastOf(d.Request))
		if hint.IsZero() {
			return hint, nil
		}
		last = later(last, hint)
	}
	return last, nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// lookAtFiles reads the file of a document, or all of the matter where more are awaited, and
// records those that are there. there: that of the document is.
func (s *confirmStep) lookAtFiles(ctx context.Context, id domain.DocumentID) (there bool, r result) {
	files, err := s.readFiles(ctx, id)
	if err != nil {
		return false, fails(err)
	}
	var shown []domain.Document
	for _, d := range s.awaitedFiles() {
		switch f, ok := files[d.File]; {
		case !ok:
		case f.Deleted && d.Data.ID == id:
			return false, fails(s.fileGone(ctx, d))
		case f.Uploaded && !f.Deleted && (f.SizeBytes == 0 || f.SizeBytes == d.Size): // else it is still the version before
			shown = append(shown, d)
			there = there || d.Data.ID == id
		}
	}
	if len(shown) == 0 {
		return false, done
	}
	return there, fails(s.showFiles(ctx, domain.ByRead, shown...))
}

// readFiles reads the files that are awaited, with one call.
func (s *confirmStep) readFiles(ctx context.Context, id domain.DocumentID) (map[domain.SmokeballID]domain.SmokeballFile, error) {
	d, _ := s.attempt.m.Document(id)
	found := map[domain.SmokeballID]domain.SmokeballFile{}
	if len(s.awaitedFiles()) == 1 {
		f, err := s.smokeball.File(ctx, s.attempt.firm, s.attempt.m.Smokeball.ID, d.File)
		found[d.File] = f
		return found, err
	}
	list, err := s.smokeball.Files(ctx, s.attempt.firm, s.attempt.m.Smokeball.ID)
	for _, f := range list {
		found[f.ID] = f
	}
	return found, err
}

// showFiles records that the documents' files were seen with their bytes.
func (s *confirmStep) showFiles(ctx context.Context, by domain.Proof, list ...domain.Document) error {
	return s.attempt.decide(ctx, func(m domain.Matter) (facts []domain.Event, err error) {
		for _, d := range list {
			shown := domain.DocumentConfirmed{Sync: s.attempt.current.Sync, Document: d.Data.ID, File: d.File, By: by, Request: d.Request, DurationMS: s.attempt.since(d.Since)}
			one, err := m.ShowFile(s.attempt.current, shown)
			if err != nil {
				return nil, err
			}
			facts = append(facts, one...)
		}
		return facts, nil
	})
}

// fileGone is the passing fault that people deleted the file to which newer bytes were sent: the
// next attempt sends them to a new file.
func (s *confirmStep) fileGone(ctx context.Context, d domain.Document) error {
	if err := s.attempt.abandonFile(ctx, d, domain.AbandonedDeleted); err != nil {
		return err
	}
	return &domain.CallError{Op: "read file", Class: domain.Retryable, Failure: domain.Failure{Code: domain.CodeSmokeballUnavailable, Fault: domain.FaultFileDeleted,
		About: &domain.About{File: d.Data.FileName}}}
}
