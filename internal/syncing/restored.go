package syncing

import (
	"context"
	"slices"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// restoredFor is how long after a restore the engine looks further before it creates: as long as
// the bus keeps messages, CaseHug may send again what the lost part of the ledger had.
const restoredFor = 90 * 24 * time.Hour

// looksFurther reports whether Smokeball may have something of this matter that the ledger lost when
// it was restored from a backup.
func (t *attempt) looksFurther() bool {
	return !t.restored.IsZero() && t.now().Sub(t.restored) < restoredFor
}

// mayHaveFiles reports whether the linked matter may have files of documents that the ledger lost.
// A matter that was created since then, by this sync, had none.
func (t *attempt) mayHaveFiles() bool {
	return t.looksFurther() && !(t.m.Current.Created && t.m.Current.QueuedAt.After(t.restored))
}

// findLost looks for a matter that carries our id among all of its first client: CaseHug may have
// changed its number since it was created.
func (s *matterStep) findLost(ctx context.Context, d domain.MatterDraft) (m domain.SmokeballMatter, how domain.Linking, err error) {
	if !s.attempt.looksFurther() || d.Number == "" {
		return m, "", nil
	}
	list, err := s.smokeball.FindMatters(ctx, s.attempt.firm, domain.MatterQuery{Contact: d.ClientIDs[0]})
	if err != nil {
		return m, "", err
	}
	for _, m := range list {
		if m.Gone() || m.ExternalID != string(s.attempt.id) || slices.Contains(s.attempt.m.Apart, m.ID) {
			continue
		}
		if free, err := s.reserve(ctx, m.ID); err != nil || free {
			return m, domain.LinkedByID, err
		}
	}
	return m, "", nil
}

// findLost looks for a contact that carries the client's id, by what else is known of the client:
// CaseHug may have changed the e-mail address since it was created.
func (w *contactWork) findLost(ctx context.Context) (domain.SmokeballContact, error) {
	if !w.attempt.looksFurther() {
		return domain.SmokeballContact{}, nil
	}
	for _, q := range []domain.ContactQuery{{Name: w.draft.Name().String()}, {Phone: w.draft.Phone}} {
		if q == (domain.ContactQuery{}) || q == queryFor(w.draft) {
			continue
		}
		list, err := w.smokeball.FindContacts(ctx, w.attempt.firm, q)
		if err != nil {
			return domain.SmokeballContact{}, err
		}
		for _, c := range list {
			if c.ExternalID == w.draft.ExternalID && c.Name().IsCompany() == w.draft.Name().IsCompany() {
				return c, nil
			}
		}
	}
	return domain.SmokeballContact{}, nil
}
