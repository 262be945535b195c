package projections

import (
	"encoding/binary"
	"errors"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// keptDue is a Due in the few bytes that are in memory of it, and in the file for the next
// start: without firm and matter, which name it, and without what the firm has now.
type keptDue string

var errKeptDue = errors.New("what is kept of a due sync is cut off")

// keep returns what is kept of a matter's current sync; nil: it has none.
func (r dueRow) keep() []byte {
	if r.Current == nil {
		return nil
	}
	d := r.Due
	b := binary.AppendUvarint(nil, uint64(d.MappingSeen))
	b = binary.AppendUvarint(b, d.TypesSeen)
	announced := byte(0)
	if d.Announced {
		announced = 1
	}
	b = append(b, announced)
	for _, t := range []time.Time{d.Since, d.At, d.From, d.Moved} {
		b = binary.BigEndian.AppendUint64(b, uint64(unixNano(t)))
	}
	for _, text := range []string{string(d.Status), string(d.Trigger), string(d.WaitsOn), string(d.Sync)} {
		b = append(binary.AppendUvarint(b, uint64(len(text))), text...)
	}
	return b
}

// due reads what keep wrote.
func (k keptDue) due(key dueKey) (d domain.Due, err error) {
	p := keptParser{rest: k}
	d = domain.Due{Firm: key.firm, Matter: key.matter, MappingSeen: int(p.number()), TypesSeen: p.number(), Announced: p.bytes(1) == "\x01"}
	d.Since, d.At, d.From, d.Moved = p.time(), p.time(), p.time(), p.time()
	d.Status, d.Trigger, d.WaitsOn = one(domain.Status(p.text())), one(domain.Trigger(p.text())), one(domain.Code(p.text()))
	d.Sync = domain.SyncID(p.text())
	if p.short {
		return domain.Due{}, errKeptDue
	}
	return d, nil
}

// keptParser reads the parts of what is kept, one after the other.
type keptParser struct {
	rest  keptDue
	short bool
}

func (p *keptParser) bytes(n int) string {
	if n > len(p.rest) {
		p.short = true
		return ""
	}
	part := p.rest[:n]
	p.rest = p.rest[n:]
	return string(part)
}

func (p *keptParser) number() uint64 {
	n, width := binary.Uvarint([]byte(p.rest[:min(len(p.rest), binary.MaxVarintLen64)]))
	p.bytes(max(width, 1))
	return n
}

func (p *keptParser) text() string { return p.bytes(int(min(p.number(), 1<<20))) }

func (p *keptParser) time() time.Time {
	b := p.bytes(8)
	if p.short {
		return time.Time{}
	}
	if n := int64(binary.BigEndian.Uint64([]byte(b))); n != 0 {
		return time.Unix(0, n).UTC()
	}
	return time.Time{}
}

// unixNano is a time as a number; 0 stands for no time.
func unixNano(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}
