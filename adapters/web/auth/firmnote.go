package auth

import (
	"context"

	"github.com/casehug/smokeball-sync/domain"
)

// firmNote holds the firm for the access log.
type firmNote struct{ firm domain.FirmID }

type firmNoteKey struct{}

// WithFirmNote lets NoteFirm name the firm of a request; noted reads it.
func WithFirmNote(ctx context.Context) (_ context.Context, noted func() domain.FirmID) {
	n := &firmNote{}
	return context.WithValue(ctx, firmNoteKey{}, n), func() domain.FirmID { return n.firm }
}

// NoteFirm sets the request's firm for the access log.
func NoteFirm(ctx context.Context, firm domain.FirmID) {
	if n, ok := ctx.Value(firmNoteKey{}).(*firmNote); ok {
		n.firm = firm
	}
}
