package bus

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// shelf is an object of a few chunks, and the answer to the n-th request for one.
type shelf struct {
	parts []string
	asked int
	fault func(ctx context.Context, n int) error
}

func (s *shelf) open(t *testing.T) *objectReader {
	var all string
	for _, p := range s.parts {
		all += p
	}
	sum := sha256.Sum256([]byte(all))
	ctx, stop := context.WithCancel(t.Context())
	return &objectReader{ctx: ctx, stop: stop, next: 1, left: uint64(len(all)), digest: "SHA-256=" + base64.URLEncoding.EncodeToString(sum[:]), sum: sha256.New(), ask: s.answer}
}

func (s *shelf) answer(ctx context.Context, from uint64) (*jetstream.RawStreamMsg, error) {
	s.asked++
	if err := s.fault(ctx, s.asked); err != nil {
		return nil, err
	}
	for i, p := range s.parts {
		if at := uint64(10 * (i + 1)); at >= from {
			return &jetstream.RawStreamMsg{Sequence: at, Data: []byte(p)}, nil
		}
	}
	return nil, jetstream.ErrMsgNotFound
}

func hangs(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// TestAServerThatHangsDoesNotHoldAReadUp: the reader requests a missing chunk again and continues
// the read from there.
func TestAServerThatHangsDoesNotHoldAReadUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{parts: []string{"the first ", "the second ", "the third"}, fault: func(ctx context.Context, n int) error {
			switch n {
			case 2, 3:
				return hangs(ctx)
			case 5:
				return nats.ErrNoResponders
			}
			return nil
		}}
		c := s.open(t)
		defer c.Close()
		began := time.Now()
		got, err := io.ReadAll(c)
		if string(got) != "the first the second the third" || err != nil {
			t.Errorf("read %q, %v", got, err)
		}
		if took := time.Since(began); took > chunkWithin {
			t.Errorf("two servers that hang held it up for %s", took)
		}
	})
}

// TestAReadThatDoesNotMoveEnds: a read fails when no server sends a byte for 10 s, and at once
// when it is cancelled.
func TestAReadThatDoesNotMoveEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{parts: []string{"the first ", "the second"}, fault: func(ctx context.Context, n int) error {
			if n > 1 {
				return hangs(ctx)
			}
			return nil
		}}
		c := s.open(t)
		began := time.Now()
		got, err := io.ReadAll(c)
		if took := time.Since(began); string(got) != "the first " || !errors.Is(err, errStalled) || took != chunkWithin {
			t.Errorf("read %q, %v after %s", got, err, took)
		}
		c = s.open(t)
		time.AfterFunc(time.Second, c.stop)
		began = time.Now()
		if _, err := io.ReadAll(c); !errors.Is(err, context.Canceled) || time.Since(began) > time.Second {
			t.Errorf("called off: %v after %s", err, time.Since(began))
		}
	})
}

// TestTheNextChunkComesMeanwhile: while the caller works on a chunk, the next one is on its way,
// and no more than that.
func TestTheNextChunkComesMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{parts: []string{"the first ", "the second ", "the third ", "the last"}, fault: func(context.Context, int) error {
			time.Sleep(time.Second)
			return nil
		}}
		c := s.open(t)
		began := time.Now()
		for i, part := range s.parts {
			got := make([]byte, len(part))
			if _, err := io.ReadFull(c, got); err != nil || string(got) != part {
				t.Fatalf("read %q, %v", got, err)
			}
			time.Sleep(time.Second) // the caller works
			synctest.Wait()
			if s.asked > i+2 {
				t.Fatalf("%d chunks are requested after %d were read", s.asked, i+1)
			}
		}
		if _, err := c.Read(make([]byte, 1)); err != io.EOF || s.asked != 4 {
			t.Errorf("it ends with %v after %d requests", err, s.asked)
		}
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("four chunks took %s; one after the other they take 8 s", took)
		}
		s.asked = 0
		c = s.open(t)
		if _, err := c.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil || s.asked != 2 {
			t.Errorf("closed with %v after %d requests", err, s.asked)
		}
	})
}

// TestAnObjectOfManyChunks reads what the library has put, and tells where chunks are missing
// or are not those that were put.
func TestAnObjectOfManyChunks(t *testing.T) {
	b, err := Open(t.Context(), Config{Listen: listenOff, DataDir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = b.Close(context.Background()) }()
	want := bytes.Repeat([]byte("0123456789abcdef"), 40_000) // five chunks
	store, err := b.js.ObjectStore(t.Context(), Documents)
	if err != nil {
		t.Fatal(err)
	}
	for name, size := range map[string]int{"d_1": len(want), "d_2": 1, "d_3": 0} {
		info, err := store.PutBytes(t.Context(), name, want[:size])
		if err != nil {
			t.Fatal(err)
		}
		read := func() ([]byte, error) {
			r, err := b.readChunks(t.Context(), Documents, info)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			return io.ReadAll(r)
		}
		if got, err := read(); err != nil || !bytes.Equal(got, want[:size]) {
			t.Errorf("%s: read %d bytes of %d: %v", name, len(got), size, err)
		}
		if size == 0 {
			continue
		}
		stream, err := b.js.Stream(t.Context(), "OBJ_"+Documents)
		if err != nil {
			t.Fatal(err)
		}
		if err := stream.Purge(t.Context(), jetstream.WithPurgeSubject("$O."+Documents+".C."+info.NUID), jetstream.WithPurgeKeep(1)); err != nil {
			t.Fatal(err)
		}
		if _, err := read(); (size > 1) != errors.Is(err, ErrDamaged) {
			t.Errorf("%s, of which one chunk is left: %v", name, err)
		}
	}
}
