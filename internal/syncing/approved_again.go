package syncing

import (
	"context"
	"fmt"

	"github.com/casehug/smokeball-sync/domain"
)

// keep records that the document's file keeps the bytes that it has.
func (t *attempt) keep(ctx context.Context, d domain.Document, compared bool) error {
	now, _ := t.m.Document(d.Data.ID)
	kept := domain.DocumentKept{Sync: t.Sync, Document: d.Data.ID, File: now.File, SHA256: now.Sent, Compared: compared}
	return t.decide(ctx, func(m domain.Matter) ([]domain.Event, error) { return m.Keep(t.Attempt, d.Approvals, kept) })
}

// keeps reports whether Smokeball has bytes of the document, and CaseHug does not say that
// others are approved.
func keeps(d domain.Document) bool { return d.File != "" && d.Sent != "" && d.Data.SHA256 == "" }

// awaits reports whether the document's object may still be put. A sync that nobody approved a
// document for does not wait for what Smokeball has some bytes of: objects are deleted some
// time after Smokeball has shown them.
func (t *attempt) awaits(d domain.Document) bool {
	return t.Now().Sub(d.Told) < objectWait && (!keeps(d) || t.m.Current.Trigger == domain.TriggerDocumentApproved)
}

// keepUncompared warns of a document that was approved again without a digest and whose object
// is not there to be compared.
func (t *attempt) keepUncompared(ctx context.Context, d domain.Document) error {
	if err := t.warn(ctx, domain.Warning{Code: "document_not_compared", Message: fmt.Sprintf(
		"“%s” was approved again without a digest (sha256) and its object is no longer in the object store, so Smokeball keeps the content that it has. If another one was approved, whoever runs the service that sends documents puts it and sends the approval again",
		d.Data.FileName)}); err != nil {
		return err
	}
	return t.keep(ctx, d, false)
}
