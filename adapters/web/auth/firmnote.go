package auth

import (
	"context"

	"github.com/casehug/smokeball-sync/domain"
)

// firmNote is the firm that the access log names.
type firmNote struct{ firm domain.FirmID }

type firmNoteKey struct{}

// WithFirmNote lets NoteFirm name the firm of a request; noted reads it.
func WithFirmNote(ctx context.Context) (_ context.Context, noted func() domain.FirmID) {
	n := &firmNote{}
	return context.WithValue(ctx, firmNoteKey{}, n), func() domain.FirmID { return n.firm }
}

// NoteFirm names the firm of the request for the access log.
func NoteFirm(ctx context.Context, firm domain.FirmID) {
	if n, ok := ctx.Value(firmNoteKey{}).(*firmNote); ok {
		n.firm = firm
	}
}
