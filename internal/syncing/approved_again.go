package syncing

import (
	"context"

	"github.com/casehug/smokeball-sync/domain"
)

// keep records that the document's file keeps the bytes that it has.
func (s *documentStep) keep(ctx context.Context, d domain.Document, compared bool) result {
	now, _ := s.attempt.m.Document(d.Data.ID)
	kept := domain.DocumentKept{Sync: s.attempt.current.Sync, Document: d.Data.ID, File: now.File, SHA256: now.Sent, Compared: compared}
	return decided(s.attempt.decide(ctx, func(m domain.Matter) ([]domain.Event, error) { return m.Keep(s.attempt.current, d.Approvals, kept) }))
}

// keeps reports whether Smokeball has bytes of the document, and CaseHug does not say that
// others are approved.
func keeps(d domain.Document) bool { return d.File != "" && d.Sent != "" && d.Data.SHA256 == "" }

// awaits reports whether the document's object may still be put. A sync that nobody approved a
// document for does not wait for what Smokeball has some bytes of: objects are deleted some
// time after Smokeball has shown them.
func (s *documentStep) awaits(d domain.Document) bool {
	return s.attempt.now().Sub(d.Told) < objectWait && (!keeps(d) || s.attempt.m.Current.Trigger == domain.TriggerDocumentApproved)
}

// keepUncompared warns of a document that was approved again without a digest and whose object
// is not there to be compared.
func (s *documentStep) keepUncompared(ctx context.Context, d domain.Document) result {
	if err := s.attempt.warn(ctx, domain.Warning{Code: domain.WarnDocumentNotCompared, About: &domain.About{File: d.Data.FileName}}); err != nil {
		return fails(err)
	}
	return s.keep(ctx, d, false)
}
