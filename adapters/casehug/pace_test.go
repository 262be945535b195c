package casehug_test

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/casehug/smokeball-sync/adapters/casehug"
	"github.com/casehug/smokeball-sync/domain"
)

// slow is an object store that gives so many bytes after each pause.
type slow struct {
	size  int
	bytes int
	pause time.Duration
}

func (s slow) Object(ctx context.Context, _ domain.ObjectQuestion, _, _ string) (casehug.Opened, error) {
	return casehug.Opened{ReadCloser: io.NopCloser(&slowReader{slow: s, ctx: ctx}), Size: int64(s.size)}, nil
}

type slowReader struct {
	slow
	ctx context.Context
}

func (r *slowReader) Read(p []byte) (int, error) {
	if r.size == 0 {
		return 0, io.EOF
	}
	select {
	case <-time.After(r.pause):
	case <-r.ctx.Done():
		return 0, r.ctx.Err()
	}
	n := min(r.bytes, r.size, len(p))
	r.size -= n
	return n, nil
}

// TestADocumentHasToComeAtARate tells that a document which comes too slowly is given up
// after two minutes, however often a byte of it comes and however large it claims to be,
// and that a large one has the time that it takes.
func TestADocumentHasToComeAtARate(t *testing.T) {
	const mib = 1 << 20
	for _, c := range []struct {
		name string
		host slow
		took time.Duration // 0: it comes whole
	}{
		{"a byte each 15 s", slow{size: 1000 * mib, bytes: 1, pause: 15 * time.Second}, casehug.DefaultLead},
		{"200 KiB a second", slow{size: 200 * mib, bytes: 4 << 10, pause: 20 * time.Millisecond}, 548 * time.Second},
		{"300 KiB a second", slow{size: 60 * mib, bytes: 6 << 10, pause: 20 * time.Millisecond}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				docs := casehug.NewDocuments(casehug.Options{Objects: c.host})
				began := time.Now()
				body, err := docs.Open(t.Context(), "f_1", object("casehug-documents/d_9"))
				if err != nil {
					t.Fatal(err)
				}
				defer body.Close()
				n, err := io.Copy(io.Discard, body)
				if c.took == 0 {
					if err != nil || n != int64(c.host.size) {
						t.Errorf("%d bytes came, %v", n, err)
					}
					return
				}
				unavailable(t, err, domain.Retryable, "sends it too slowly")
				if took := time.Since(began); took < c.took-time.Second || took > c.took+time.Second {
					t.Errorf("it was given up after %s, want %s", took, c.took)
				}
			})
		})
	}
}
