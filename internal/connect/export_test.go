package connect

import "context"

// Look looks once at what is due, as Run does again and again.
func (k *Reconciler) Look(ctx context.Context) error {
	if k.rests == nil {
		k.rests = map[task]pausedTask{}
	}
	k.collectExpired(ctx)
	_, err := k.round(ctx)
	return err
}
