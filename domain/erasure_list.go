package domain

import (
	"fmt"
	"strings"
	"time"
)

// ErasureList has all erasures of an engine, by ids alone. It is kept apart from the engine, signed, for
// the restore of a backup that is older than some of them.
type ErasureList struct {
	Made      time.Time
	Position  uint64 // of the ledger: what was asked for later is not in the list
	Entries   []ErasureEntry
	Signature string
}

// Signed is what the signature is of: all that the list says.
func (l ErasureList) Signed() string {
	var b strings.Builder
	fmt.Fprintf(&b, "erasures of %s up to %d\n", l.Made.UTC().Format(time.RFC3339Nano), l.Position)
	for _, e := range l.Entries {
		found := EraseFound{}
		if e.Found != nil {
			found = *e.Found
		}
		fmt.Fprintf(&b, "%q %q %q %q %q %s %s %q %q %q %q\n", e.Firm, e.ID, e.Subject.Matter, e.Subject.Client, e.By, e.At.UTC().Format(time.RFC3339Nano),
			e.Done[EraseTraces].UTC().Format(time.RFC3339Nano), found.Matters, found.Clients, found.Streams, found.Resources)
	}
	return b.String()
}

// Sign signs the list; name makes keyed hashes with the master keyset.
func (l ErasureList) Sign(name func(string) (string, error)) (ErasureList, error) {
	var err error
	l.Signature, err = name(l.Signed())
	return l, err
}

// Fits reports whether the list is what was signed with the keyset.
func (l ErasureList) Fits(name func(string) (string, error)) (bool, error) {
	signed, err := l.Sign(name)
	return err == nil && l.Signature != "" && signed.Signature == l.Signature, err
}

// Lacking are the entries of another list that this one does not have.
func (l ErasureList) Lacking(other ErasureList) (list []ErasureEntry) {
	type ref struct {
		firm FirmID
		id   EraseID
	}
	has := map[ref]bool{}
	for _, e := range l.Entries {
		has[ref{e.Firm, e.ID}] = true
	}
	for _, e := range other.Entries {
		if !has[ref{e.Firm, e.ID}] {
			list = append(list, e)
		}
	}
	return list
}

// SaysAs reports whether both lists say the same of erasures, whenever they were made.
func (l ErasureList) SaysAs(other ErasureList) bool {
	return ErasureList{Entries: l.Entries}.Signed() == ErasureList{Entries: other.Entries}.Signed()
}
