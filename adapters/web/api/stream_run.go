package api

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/auth"
	"github.com/casehug/smokeball-sync/adapters/web/problem"
	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

const (
	// heartbeat is the longest time in which a stream sends nothing, and in which a reader who
	// has signed out reads on.
	heartbeat = 15 * time.Second
	// coalesce is how long a stream rests after it has sent something. What changes meanwhile
	// is sent together.
	coalesce = 100 * time.Millisecond
	// streamRows is how many rows a stream reads at once. It keeps none: a reader who is slow
	// gets later what has changed then.
	streamRows = 25
)

// stream is one open stream.
type stream struct {
	Streams
	firm       domain.FirmID
	sent       uint64            // everything up to this position was sent
	connection []byte            // as it was sent last, see steady
	hinted     []domain.MatterID // that may have changed in Smokeball, as was sent last
	out        *eventWriter
}

// run sends what changes until the stream ends. No end requires an answer: the reader
// connects again, and is answered then.
func (s *stream) run(ctx context.Context) {
	ctx, release := s.until(ctx)
	defer release()
	changed, stop := s.Rows.Watch(s.firm)
	defer stop()
	beat := time.NewTicker(cmp.Or(s.Heartbeat, heartbeat))
	defer beat.Stop()
	if s.out.begin() != nil {
		return
	}
	for s.catchUp(ctx) == nil && rest(ctx) {
		select {
		case <-changed:
		case <-beat.C:
			if refused(auth.Recheck(ctx)) || s.out.comment() != nil {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// until is the context of the stream. It ends with the request, with the caller's token and
// with the engine.
func (s *stream) until(ctx context.Context) (_ context.Context, release func()) {
	ctx, cancel := context.WithCancel(ctx)
	expiry, stopping := func() bool { return false }, func() bool { return false }
	if ends := auth.User(ctx).Expires; !ends.IsZero() {
		expiry = time.AfterFunc(ends.Sub(s.Now()), cancel).Stop
	}
	if s.Stopping != nil {
		stopping = context.AfterFunc(s.Stopping, cancel)
	}
	return ctx, func() { expiry(); stopping(); cancel() }
}

// refused reports whether the caller would not be let in any more. An error that will pass,
// such as keys that can't be read, ends no stream.
func refused(err error) bool {
	p := problem.As(err)
	return p != nil && p.Status < http.StatusInternalServerError
}

// rest waits before the next changes are sent; false: the stream is over.
func rest(ctx context.Context) bool {
	t := time.NewTimer(coalesce)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// catchUp sends the rows that have changed, then the connection if it has, then the matters that
// may have changed in Smokeball.
func (s *stream) catchUp(ctx context.Context) error {
	for more := true; more; {
		rows, upTo, err := s.Rows.ChangedAfter(s.firm, s.sent, streamRows)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if err := s.sendRow(row); err != nil {
				return err
			}
		}
		if err := s.out.flush(); err != nil {
			return err
		}
		s.sent, more = upTo, len(rows) >= streamRows
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	if err := s.sendConnection(); err != nil {
		return err
	}
	return s.sendHinted()
}

// sendHinted sends the matters that may have changed in Smokeball since it looked last, and those
// that were read since. Neither is a change of their rows.
func (s *stream) sendHinted() error {
	now, err := s.Rows.Hinted(s.firm)
	if err != nil {
		return err
	}
	was := s.hinted
	s.hinted = now
	for _, id := range append(without(now, was), without(was, now)...) {
		row, ok, err := s.Matters.Matter(s.firm, id)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if err := s.out.event("matter", s.sent, reading.Summary(row)); err != nil {
			return err
		}
	}
	return s.out.flush()
}

// without are the ids of a list that another one lacks.
func without(list, other []domain.MatterID) (rest []domain.MatterID) {
	for _, id := range list {
		if !slices.Contains(other, id) {
			rest = append(rest, id)
		}
	}
	return rest
}

// sendRow collects the event of a row. Rows of other views are not for streams.
func (s *stream) sendRow(c projections.ChangedRow) error {
	switch r := c.Row.(type) {
	case projections.HistoryRow:
		return s.out.event("history", c.Position, r.Worded())
	case projections.MatterRow:
		return s.out.event("matter", c.Position, reading.Summary(r))
	case projections.BulkRow:
		rate := s.Connections.Allowance.Usage(s.firm).PerSecond
		return s.out.event("bulk", c.Position, reading.Bulk(r, s.Now(), rate))
	case projections.ErasureRow:
		return s.out.event("erasure", c.Position, erasureProgress{ID: r.ID, Done: r.Done})
	}
	return nil
}

// firmState is what a reader is told of by the event of the connection: what else changed of
// the firm as a whole, they ask for.
type firmState struct {
	Connection  reading.ConnectionBody
	Settings    int // revisions
	Mappings    int
	DeadLetters int
}

// sendConnection sends the connection unless the firm is as it was when it was sent last.
func (s *stream) sendConnection() error {
	body, err := s.Connections.Status(s.firm)
	if err != nil {
		return err
	}
	row, err := s.Connections.Rows.Connection(s.firm)
	if err != nil {
		return err
	}
	now, err := json.Marshal(firmState{steady(body), row.SettingsRev, row.Mappings.Revision, row.DeadLetters.Open})
	if err != nil || bytes.Equal(now, s.connection) {
		return err
	}
	s.connection = now
	body.ConnectionBody = body.WithoutHours()
	if err := s.out.event("connection", s.sent, body); err != nil {
		return err
	}
	return s.out.flush()
}

// steady is a connection without what changes from moment to moment while nothing happens.
func steady(b reading.ConnectionBody) reading.ConnectionBody {
	b.Position, b.RateLimit = 0, nil
	return b
}
