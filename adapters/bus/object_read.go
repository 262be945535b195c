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

// How long to wait for a chunk of an object: this long for each server, so
// long in all.
const (
	chunkAnswer = 3 * time.Second
	chunkWithin = 10 * time.Second
)

// errStalled is the cause when no server of the cluster has sent a byte of the object in time.
var errStalled = fmt.Errorf("no byte of the object came within %s", chunkWithin)

// objectReader reads an object one chunk after the other. Each is asked for by itself, of whichever
// server answers, so a server that hangs or is gone holds the read up for one question and
// not for good. The library's own reader waits on a consumer that may have gone with it.
type objectReader struct {
	ctx    context.Context
	stop   context.CancelFunc
	ask    func(ctx context.Context, from uint64) (*jetstream.RawStreamMsg, error) // the first chunk at or after a position
	next   uint64                                                                  // position of the next chunk, at least
	rest   []byte                                                                  // of the chunk at hand
	left   uint64                                                                  // bytes that are still to come, those of rest too
	digest string
	sum    hash.Hash
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
			return b.leadersMessage(ctx, stream, from, subject) // the server that answered may lag behind
		}
		return m, err
	}
	ctx, stop := context.WithCancel(ctx)
	return &objectReader{ctx: ctx, stop: stop, ask: ask, next: 1, left: info.Size, digest: info.Digest, sum: sha256.New()}, nil
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
	_, _ = c.sum.Write(p[:n]) // a hash takes everything
	return n, nil
}

// end is io.EOF where the bytes are those that were put.
func (c *objectReader) end() error {
	if "SHA-256="+base64.URLEncoding.EncodeToString(c.sum.Sum(nil)) != c.digest {
		return ErrDamaged
	}
	return io.EOF
}

// load gets the next chunk. Where no answer comes another server is asked.
func (c *objectReader) load() error {
	ctx, stop := context.WithTimeoutCause(c.ctx, chunkWithin, errStalled)
	defer stop()
	for {
		m, err := c.asked(ctx)
		switch {
		case err == nil:
			return c.take(m)
		case errors.Is(err, jetstream.ErrMsgNotFound):
			return fmt.Errorf("%w: %d bytes of it are missing", ErrDamaged, c.left)
		case c.ctx.Err() != nil:
			return c.ctx.Err()
		case !passing(err):
			return fmt.Errorf("read a chunk: %w", err)
		case retry.Wait(ctx, askAgain) != nil:
			return context.Cause(ctx)
		}
	}
}

func (c *objectReader) asked(ctx context.Context) (*jetstream.RawStreamMsg, error) {
	ctx, stop := context.WithTimeout(ctx, chunkAnswer)
	defer stop()
	return c.ask(ctx, c.next)
}

func (c *objectReader) take(m *jetstream.RawStreamMsg) error {
	if uint64(len(m.Data)) > c.left {
		return fmt.Errorf("%w: it has more bytes than were put", ErrDamaged)
	}
	c.rest, c.next = m.Data, m.Sequence+1
	return nil
}

// Close implements [io.Closer].
func (c *objectReader) Close() error {
	c.stop()
	return nil
}

// leadersMessage asks the leader of a stream for its first message of a subject at or after
// a position.
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
