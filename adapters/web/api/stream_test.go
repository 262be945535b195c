package api

import (
	"context"
	"net/http"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// stuck is a reader who takes some bytes and then none: a write lasts until its deadline.
type stuck struct {
	takes    int
	written  int
	largest  int
	deadline time.Time
}

func (s *stuck) Header() http.Header { return http.Header{} }
func (s *stuck) WriteHeader(int)     {}
func (s *stuck) Flush()              {}

func (s *stuck) SetReadDeadline(time.Time) error    { return nil }
func (s *stuck) SetWriteDeadline(t time.Time) error { s.deadline = t; return nil }

func (s *stuck) Write(b []byte) (int, error) {
	s.largest = max(s.largest, len(b))
	if s.written += len(b); s.written <= s.takes {
		return len(b), nil
	}
	time.Sleep(time.Until(s.deadline))
	return 0, os.ErrDeadlineExceeded
}

// busyFirm changes without end: a million rows, with kilobytes in each.
type busyFirm struct{ asked int }

func (b *busyFirm) ChangedAfter(_ domain.FirmID, after uint64, limit int) (list []projections.ChangedRow, upTo uint64, err error) {
	b.asked++
	for i := range uint64(limit) {
		e := projections.Entry{ID: "s_1", Title: string(make([]byte, 1000)), Position: after + i + 1}
		list = append(list, projections.ChangedRow{Position: after + i + 1, Row: projections.HistoryRow{Entry: e}})
	}
	return list, after + uint64(limit), nil
}

func (*busyFirm) Hinted(domain.FirmID) ([]domain.MatterID, error) { return nil, nil }

func (b *busyFirm) Watch(domain.FirmID) (<-chan struct{}, func()) {
	return make(chan struct{}), func() {}
}

// TestASlowReaderIsCut after ten seconds in which nothing was read, and until then only what
// is sent at once is in memory.
func TestASlowReaderIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reader, rows := &stuck{takes: 2 << 20}, &busyFirm{}
		s := &stream{Streams: Streams{Rows: rows, Connections: reading.Connections{}, Now: time.Now}, firm: "f_1", out: newEventWriter(reader)}
		began := time.Now()
		s.run(t.Context())
		if took := time.Since(began); took != sendWithin {
			t.Errorf("the stream of somebody who reads nothing ended after %v, want %v", took, sendWithin)
		}
		if reader.largest > 2*sendAtOnce {
			t.Errorf("%d bytes were collected before they were sent, want about %d", reader.largest, sendAtOnce)
		}
		if most := 2<<20/(streamRows*1000) + 2; rows.asked > most {
			t.Errorf("rows were read %d times ahead of a reader who takes %d", rows.asked, most)
		}
	})
}

var _ ports.Changes = (*busyFirm)(nil)

// TestAStreamThatIsOverReadsNoMore, however much there is.
func TestAStreamThatIsOverReadsNoMore(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	rows := &busyFirm{}
	s := &stream{Streams: Streams{Rows: rows, Now: time.Now}, firm: "f_1", out: newEventWriter(&stuck{takes: 1 << 30})}
	s.run(ctx)
	if rows.asked > 1 {
		t.Errorf("rows were read %d times after the end", rows.asked)
	}
}
