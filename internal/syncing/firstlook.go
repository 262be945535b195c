package syncing

import (
	"context"

	"github.com/casehug/smokeball-sync/domain"
)

// Inventory is what was read of a firm's account as a whole, at most a minute ago. ok is false
// where it was not read.
type Inventory interface {
	Contacts(ctx context.Context, f domain.FirmID, q domain.ContactQuery) (found []domain.SmokeballContact, ok bool, err error)
	Matters(ctx context.Context, f domain.FirmID, q domain.MatterQuery, ours domain.MatterID) (found []domain.SmokeballMatter, ok bool, err error)
}

// firstLook looks whether Smokeball has something before it is created. In a bulk sync the
// inventory answers. What settles an intent never does: it asks Smokeball itself.
type firstLook struct {
	inventory Inventory            // nil: Smokeball is asked
	rest      func() (goOn func()) // while the inventory is read, perhaps for another sync
	smokeball interface {
		Contacts
		Matters
	}
}

// firstLook is how an attempt looks.
func (h *Handler) firstLook(t *attempt) firstLook {
	l := firstLook{smokeball: h.Smokeball, rest: h.resting(t)}
	if h.Inventory != nil && t.m.Current != nil && t.m.Current.Trigger == domain.TriggerBulk {
		l.inventory = h.Inventory
	}
	return l
}

func (l firstLook) contacts(ctx context.Context, f domain.FirmID, q domain.ContactQuery) ([]domain.SmokeballContact, error) {
	if l.inventory != nil {
		goOn := l.rest()
		found, ok, err := l.inventory.Contacts(ctx, f, q)
		goOn()
		if ok || err != nil {
			return found, err
		}
	}
	return l.smokeball.FindContacts(ctx, f, q)
}

func (l firstLook) matters(ctx context.Context, f domain.FirmID, q domain.MatterQuery, ours domain.MatterID) ([]domain.SmokeballMatter, error) {
	if l.inventory != nil {
		goOn := l.rest()
		found, ok, err := l.inventory.Matters(ctx, f, q, ours)
		goOn()
		if ok || err != nil {
			return found, err
		}
	}
	return l.smokeball.FindMatters(ctx, f, q)
}
