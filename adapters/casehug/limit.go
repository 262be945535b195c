package casehug

import (
	"errors"
	"io"

	"github.com/casehug/smokeball-sync/domain"
)

// limited is a document's bytes up to the largest size, with the errors of reading
// them put into words.
type limited struct {
	io.ReadCloser
	left, most int64
	of         fetch
}

// Read reads one byte more than the largest size allows, to tell a document of just
// that size from a larger one.
func (l *limited) Read(p []byte) (int, error) {
	if int64(len(p))-1 > l.left {
		p = p[:l.left+1]
	}
	n, err := l.ReadCloser.Read(p)
	if int64(n) > l.left {
		return 0, l.of.tooLarge(l.most)
	}
	l.left -= int64(n)
	if err == nil || errors.Is(err, io.EOF) || domain.AsCallError(err) != nil {
		return n, err
	}
	if errors.Is(err, ErrDamaged) {
		return n, l.of.later(domain.FaultObjectDamaged, err)
	}
	if errors.Is(err, errSlow) {
		return n, l.of.later(domain.FaultHostSlow, err)
	}
	return n, l.of.later(domain.FaultSourceBrokeOff, err)
}
