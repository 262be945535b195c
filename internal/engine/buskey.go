package engine

import (
	"errors"
	"fmt"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/internal/sealing"
)

// busKeyName is the local key that encrypts the files of the embedded NATS server.
const busKeyName = "bus"

// busKey returns that key, which it makes the first time; nil if there is nothing to encrypt or decrypt.
// The servers of a cluster encrypt by their own configuration.
func (s *storage) busKey(encrypt bool) ([]byte, error) {
	if s.local == nil || !encrypt && !bus.IsEncrypted(s.dir) {
		return nil, nil
	}
	key, err := s.local.Key(busKeyName)
	if err != nil {
		return nil, fmt.Errorf("ENGINE_MASTER_KEY_FILE is %s: it does not open the key of the bus in %s (%w); it needs the file that this data was sealed with, from your backup (if that is lost for good: smokeball-sync keys forget; what waits in the bus is lost, and the firms connect again)",
			s.masterKey, sealing.LocalPath(s.dir), err)
	}
	return key, nil
}

// forgetBus removes the files of the bus if the master keyset does not open their key, and returns how
// many keys were forgotten.
func (s *storage) forgetBus() (int, error) {
	if s.local == nil || !bus.IsEncrypted(s.dir) {
		return 0, nil
	}
	if _, err := s.local.Key(busKeyName); err == nil {
		return 0, nil
	}
	return 1, errors.Join(bus.RemoveFiles(s.dir), s.local.Drop(busKeyName))
}

// busKey returns the key of an engine that does not run; nil: there is none.
func (f *folder) busKey() (key []byte, err error) {
	keys, err := sealing.OpenLocalKeysReadOnly(sealing.LocalPath(f.cfg.DataDir), f.cfg.MasterKeyFile)
	if err != nil {
		return nil, err
	}
	key, err = keys.Find(busKeyName)
	if closed := keys.Close(); err == nil {
		err = closed
	}
	return key, err
}
