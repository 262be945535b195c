package connect

import (
	"context"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// Look looks once at what is due, as Run does again and again.
func (k *Reconciler) Look(ctx context.Context) error {
	if k.rests == nil {
		k.rests = map[task]pausedTask{}
	}
	k.collectExpired(ctx)
	changed, stop := k.Service.views.FollowFirms()
	defer stop()
	return k.round(ctx, &followedFirms{linked: map[domain.FirmID]time.Time{}}, changed)
}
