package sealing

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/internal/vault"
)

// WithoutErasure calls do while no key is destroyed: what do copies of the ledger and of the keys fits
// together. Destroy waits until it has returned.
func (k *Keys) WithoutErasure(do func() error) error {
	k.erasing.Lock()
	defer k.erasing.Unlock()
	return do()
}

// CopyTo writes the file of data keys as it is at one moment. It has the keys of every event that is in
// the ledger by then.
func (k *Keys) CopyTo(to io.Writer) error {
	file, ok := k.home.(*keyFile)
	if !ok {
		return fmt.Errorf("copy data keys: those of a cluster never leave it")
	}
	data, err := file.bytes()
	if err != nil {
		return fmt.Errorf("copy data keys: %w", err)
	}
	_, err = to.Write(data)
	return err
}

// Lost returns how many data keys no key of the master keyset opens any more.
func (k *Keys) Lost() (int, error) {
	lost, err := k.lost()
	return len(lost), err
}

// LostOnCluster returns how many data keys in the stream of a cluster no key of the master keyset opens. ok is
// false where there is no stream. It changes nothing.
func LostOnCluster(ctx context.Context, js jetstream.JetStream, v *vault.Vault) (lost int, ok bool, err error) {
	k, err := OpenShared(ctx, js, v, 0)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	lost, err = k.Lost()
	return lost, true, errors.Join(err, k.Close())
}

// lost are the subjects of these keys.
func (k *Keys) lost() (subjects []string, err error) {
	known := k.masterKeys()
	err = k.home.each(func(subject string, s slot) {
		if id, ok := vault.SealedBy(s.wrapped); s.state == present && (!ok || !known[id]) {
			subjects = append(subjects, subject)
		}
	})
	return subjects, err
}

func (k *Keys) masterKeys() map[vault.KeyID]bool {
	known := map[vault.KeyID]bool{}
	for _, key := range k.vault.Keys() {
		known[key.ID] = true
	}
	return known
}

// bytes returns the file as no write is under way.
func (f *keyFile) bytes() ([]byte, error) {
	f.mu.RLock()
	queued := f.batch
	f.mu.RUnlock()
	if err := f.flush(queued); err != nil {
		return nil, err
	}
	f.flushing.Lock()
	defer f.flushing.Unlock()
	f.mu.RLock()
	length := f.length * slotSize
	f.mu.RUnlock()
	data := make([]byte, length)
	n, err := f.file.ReadAt(data, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return data[:n], nil
}
