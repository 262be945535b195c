package projections

import (
	"encoding/binary"

	"github.com/casehug/smokeball-sync/eventstore"
)

// Rows that are removed leave their bytes in free pages of the file. A renewal copies the rows without
// these, and writes down up to which event.

// RenewedUpTo is the last event after which the file was copied without its gaps. 0: it never was.
func (v *Views) RenewedUpTo() (at eventstore.Seq, err error) {
	err = v.view(func(tx *snapshot) error {
		if data := tx.Bucket(aboutFile).Get(renewed); len(data) == 8 {
			at = eventstore.Seq(binary.BigEndian.Uint64(data))
		}
		return nil
	})
	return at, err
}

// Renew has the file copied without its gaps. It returns at once; RenewedUpTo tells when that is done.
func (v *Views) Renew() {
	select {
	case v.wasteful <- struct{}{}:
	default:
	}
}
