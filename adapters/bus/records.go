package bus

import "github.com/casehug/smokeball-sync/internal/atrest"

// stored reads the records in the files of a stream. A server that starts on them cuts a file off at
// the first record whose checksum does not match, and does not say so: last is what it would have reached.
// whole: every file ends where a record does.
func (c Config) stored(name string) (last uint64, whole bool, err error) {
	whole = true
	err = atrest.Blocks(c.root(), engineAccount, name, c.Key, func(block []byte) {
		seq, ends := atrest.Last(block)
		last, whole = max(last, seq), whole && ends
	})
	return last, whole, err
}

// Misnumbered finds the damaged numbers of messages in the files of an embedded server that does not run: it
// would start for hours.
func (c Config) Misnumbered() ([]atrest.Misnumbered, error) { return atrest.Misnumber(c.root(), c.Key) }

// beyond notes what the files have beyond the end of a stream that was opened on a copy of them.
func (m *Messages) beyond(copied *Config, last uint64) error {
	if copied == nil {
		return nil
	}
	end, whole, err := copied.stored(m.Stream)
	if err != nil {
		return err
	}
	m.Torn = !whole
	for seq := last + 1; seq <= end && seq-last <= mostRead; seq++ { // a sequence may be damaged, too
		m.lacks(seq, m.Stream == Inbox && seq > m.acked)
	}
	return nil
}
