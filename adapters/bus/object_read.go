package bus

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/internal/retry"
)

// How long to wait for a chunk of an object: for one server's answer, and in all.
const (
	chunkAnswer = 3 * time.Second
	chunkWithin = 10 * time.Second
)

// errStalled is the cause when no server of the cluster has sent a byte of the object in time.
var errStalled = fmt.Errorf("no byte of the object came within %s", chunkWithin)

// objectReader reads an object one chunk after the other, and one ahead: while the reader's caller
// works on a chunk, the next one is requested and hashed. It requests each chunk separately, from
// whichever server answers, so that a server that hangs or is gone delays the read by one request
// only. The library's own reader would wait for a consumer that may have been lost with the server.
type objectReader struct {
	ctx    context.Context
	stop   context.CancelFunc
	ask    func(ctx context.Context, from uint64) (*jetstream.RawStreamMsg, error) // the first chunk at or after a position
	next   uint64                                                                  // position of the next chunk, at least
	rest   []byte                                                                  // of the chunk at hand
	left   uint64                                                                  // bytes that are still to be read, rest included
	ahead  chan chunk                                                              // the next chunk, once it is there; nil: it is not requested
	digest string
	sum    hash.Hash // of the chunks that were received
}

// chunk is a chunk that was received and hashed, or why it was not.
type chunk struct {
	message *jetstream.RawStreamMsg
	err     error
}

// readChunks reads the object that info describes. The caller closes it.
func (b *Bus) readChunks(ctx context.Context, bucket string, info *jetstream.ObjectInfo) (io.ReadCloser, error) {
	asked, answered := context.WithTimeout(ctx, openWithin)
	defer answered()
	stream, err := b.js.Stream(asked, "OBJ_"+bucket)
	if err != nil {
		return nil, fmt.Errorf("find the bucket's stream: %w", err)
	}
	subject := "$O." + bucket + ".C." + info.NUID
	ask := func(ctx context.Context, from uint64) (*jetstream.RawStreamMsg, error) {
		m, err := stream.GetMsg(ctx, from, jetstream.WithGetMsgSubject(subject))
		if b.embedded == nil && errors.Is(err, jetstream.ErrMsgNotFound) {
			m, err = b.leadersMessage(ctx, stream, from, subject) // the server that answered may lag behind
		}
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return nil, chunkAbsent(ctx, stream, subject, info.Chunks)
		}
		return m, err
	}
	ctx, stop := context.WithCancel(ctx)
	return &objectReader{ctx: ctx, stop: stop, ask: ask, next: 1, left: info.Size, digest: info.Digest, sum: sha256.New()}, nil
}

// chunkAbsent returns why a chunk of an object was not found: the stream has fewer than were put, or
// its server can't read one.
func chunkAbsent(ctx context.Context, s jetstream.Stream, subject string, put uint32) error {
	n, err := count(ctx, s, subject)
	if err != nil {
		return err
	}
	if n < uint64(put) {
		return jetstream.ErrMsgNotFound
	}
	return fmt.Errorf("a chunk: %w", errUnreadable)
}

// Read implements [io.Reader].
func (c *objectReader) Read(p []byte) (int, error) {
	if c.left == 0 {
		return 0, c.end()
	}
	for len(c.rest) == 0 {
		if err := c.load(); err != nil {
			return 0, err
		}
	}
	n := copy(p, c.rest)
	c.rest, c.left = c.rest[n:], c.left-uint64(n)
	return n, nil
}

// end returns io.EOF if the bytes are those that were put.
func (c *objectReader) end() error {
	if "SHA-256="+base64.URLEncoding.EncodeToString(c.sum.Sum(nil)) != c.digest {
		return ErrDamaged
	}
	return io.EOF
}

// load takes the next chunk, and requests the one after it.
func (c *objectReader) load() error {
	if c.ahead == nil {
		c.request()
	}
	got := <-c.ahead
	c.ahead = nil
	if got.err != nil {
		return got.err
	}
	if err := c.take(got.message); err != nil {
		return err
	}
	if uint64(len(c.rest)) < c.left {
		c.request()
	}
	return nil
}

// request starts to get and hash the next chunk. No other one is under way.
func (c *objectReader) request() {
	c.ahead = make(chan chunk, 1)
	go func(ahead chan<- chunk, from, left uint64) {
		m, err := c.get(from, left)
		if err == nil {
			_, _ = c.sum.Write(m.Data) // a hash takes everything
		}
		ahead <- chunk{m, err}
	}(c.ahead, c.next, c.left-uint64(len(c.rest)))
}

// get gets the first chunk at or after a position. If a server does not answer, it asks another
// one.
func (c *objectReader) get(from, left uint64) (*jetstream.RawStreamMsg, error) {
	ctx, stop := context.WithTimeoutCause(c.ctx, chunkWithin, errStalled)
	defer stop()
	for {
		m, err := c.asked(ctx, from)
		switch {
		case err == nil:
			return m, nil
		case errors.Is(err, jetstream.ErrMsgNotFound):
			return nil, fmt.Errorf("%w: %d bytes of it are missing", ErrDamaged, left)
		case c.ctx.Err() != nil:
			return nil, c.ctx.Err()
		case !passing(err):
			return nil, fmt.Errorf("read a chunk: %w", err)
		case retry.Wait(ctx, askAgain) != nil:
			return nil, context.Cause(ctx)
		}
	}
}

func (c *objectReader) asked(ctx context.Context, from uint64) (*jetstream.RawStreamMsg, error) {
	ctx, stop := context.WithTimeout(ctx, chunkAnswer)
	defer stop()
	return c.ask(ctx, from)
}

func (c *objectReader) take(m *jetstream.RawStreamMsg) error {
	if uint64(len(m.Data)) > c.left {
		return fmt.Errorf("%w: it has more bytes than were put", ErrDamaged)
	}
	c.rest, c.next = m.Data, m.Sequence+1
	return nil
}

// Close implements [io.Closer]. It waits for a request that is under way, which it ends.
func (c *objectReader) Close() error {
	c.stop()
	if c.ahead != nil {
		<-c.ahead
		c.ahead = nil
	}
	return nil
}

// leadersMessage gets the first message of a subject at or after a position from the stream's
// leader.
func (b *Bus) leadersMessage(ctx context.Context, stream jetstream.Stream, from uint64, subject string) (*jetstream.RawStreamMsg, error) {
	question, err := json.Marshal(map[string]any{"seq": from, "next_by_subj": subject})
	if err != nil {
		return nil, err
	}
	m, err := b.conn.RequestWithContext(ctx, "$JS.API.STREAM.MSG.GET."+stream.CachedInfo().Config.Name, question)
	if err != nil {
		return nil, fmt.Errorf("ask the leader: %w", err)
	}
	var got struct {
		Error   *jetstream.APIError
		Message struct {
			Seq  uint64
			Data []byte
		}
	}
	switch err := json.Unmarshal(m.Data, &got); {
	case err != nil:
		return nil, fmt.Errorf("read the leader's answer: %w", err)
	case got.Error != nil && got.Error.ErrorCode == jetstream.JSErrCodeMessageNotFound:
		return nil, jetstream.ErrMsgNotFound
	case got.Error != nil:
		return nil, fmt.Errorf("ask the leader: %w", got.Error)
	}
	return &jetstream.RawStreamMsg{Subject: subject, Sequence: got.Message.Seq, Data: got.Message.Data}, nil
}
