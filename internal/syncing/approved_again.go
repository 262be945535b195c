package syncing

import (
	"context"

	"github.com/casehug/smokeball-sync/domain"
)

// keep records that the file's bytes stay as they are.
func (s *documentStep) keep(ctx context.Context, d domain.Document, compared bool) result {
	now, _ := s.attempt.m.Document(d.Data.ID)
	kept := domain.DocumentKept{Sync: s.attempt.current.Sync, Document: d.Data.ID, File: now.File, SHA256: now.Sent, Compared: compared}
	return decided(s.attempt.decide(ctx, func(m domain.Matter) ([]domain.Event, error) { return m.Keep(s.attempt.current, d.Approvals, kept) }))
}

// keeps reports whether Smokeball has bytes of the document, and CaseHug named no digest by
// which the approved bytes could differ.
func keeps(d domain.Document) bool { return d.File != "" && d.Sent != "" && d.Data.SHA256 == "" }

// awaits reports whether the sync waits for the document's object. If Smokeball has bytes of the
// document, only a sync that an approval requested waits, because objects are deleted some time
// after Smokeball has shown them.
func (s *documentStep) awaits(d domain.Document) bool {
	return s.attempt.now().Sub(d.Told) < objectWait && (!keeps(d) || s.attempt.m.Current.Trigger == domain.TriggerDocumentApproved)
}

// keepUncompared warns that a document was approved again without a digest, and that its object
// is missing, so that the bytes could not be compared.
func (s *documentStep) keepUncompared(ctx context.Context, d domain.Document) result {
	if err := s.attempt.warn(ctx, domain.Warning{Code: domain.WarnDocumentNotCompared, About: &domain.About{File: d.Data.FileName}}); err != nil {
		return fails(err)
	}
	return s.keep(ctx, d, false)
}
