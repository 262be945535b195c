package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/domain"
)

// measureLargeDocument sends a large document from the object store to Smokeball's file store:
// by a program that copies it, and by an engine in a process of its own. Both go through a
// file, because the bytes have to be checked before Smokeball is told of them.
func measureLargeDocument(ctx context.Context, l *lab) ([]result, error) {
	size := l.size(largeDocument, largeDocument/5)
	c := unlimited
	c.apart = true
	s, err := l.openSite(ctx, c)
	if err != nil {
		return nil, err
	}
	defer s.close()
	m := matterNumber(1, 1)
	if err := s.services.publish(ctx, "matter.created", "created", m); err != nil {
		return nil, err
	}
	if err := s.sendFirst(ctx, m.ID); err != nil {
		return nil, fmt.Errorf("a first document: %w", err)
	}
	b, err := s.bare(100_000)
	if err != nil {
		return nil, err
	}
	shelf, err := l.openShelf(ctx)
	if err != nil {
		return nil, err
	}
	defer shelf.close()
	if err := s.process.collect(); err != nil {
		return nil, err
	}
	var copied, own times
	var more float64
	for i := range l.size(4, 2) {
		name := fmt.Sprint("large_", i)
		document, err := s.putRandom(ctx, m.ID, name, size)
		if err != nil {
			return nil, err
		}
		if err := errors.Join(s.process.collect(), s.process.resetPeak()); err != nil {
			return nil, err
		}
		before := s.process.memory()
		took, err := s.send(ctx, document)
		if err != nil {
			return nil, err
		}
		own, more = append(own, took), max(more, s.process.memory().peak-before.own-before.file)
		if took, err = b.copyObject(ctx, shelf, name, size, s.smokeball.State().Accounts[0].Matters[0].ID); err != nil {
			return nil, fmt.Errorf("the copy: %w", err)
		}
		copied = append(copied, took)
	}
	bus, err := l.busPeak()
	if err != nil {
		return nil, fmt.Errorf("embedded JetStream alone: %w", err)
	}
	ratio := ratioOf(copied.at(.5), own.at(.5))
	rate := func(t times) string { return mb(float64(size)/t.at(.5).Seconds()) + "/s" }
	return []result{
		{what: fmt.Sprintf("a document of %d MB, sent", size/1_000_000), goal: "≥ .9 × the rate", measured: rate(own), beside: rate(copied) + ", a plain copy through a file", ratio: fmt.Sprintf("%.2f", ratio), met: ratio >= .9},
		{what: "– memory at the peak, beside what the bus holds", goal: "< 20 MB", measured: fmt.Sprintf("%s (%s − %s)", mb(more-bus), mb(more), mb(bus)), beside: mb(bus) + ", JetStream alone when 100 MB that were put before are read", met: more-bus < 20e6},
	}, nil
}

// putRandom puts random bytes into the object store.
func (s *site) putRandom(ctx context.Context, m domain.MatterID, name string, size int) (domain.DocumentData, error) {
	noise := rand.NewChaCha8([32]byte{byte(len(name))})
	return s.services.put(ctx, m, name, io.LimitReader(noise, int64(size)))
}

// sendFirst sends a small document, and with it the matter and its client, and fills caches.
func (s *site) sendFirst(ctx context.Context, m domain.MatterID) error {
	d, err := s.putRandom(ctx, m, "first", 50_000)
	if err == nil {
		_, err = s.send(ctx, d)
	}
	return err
}

// send approves a document and waits until its bytes are in Smokeball.
func (s *site) send(ctx context.Context, d domain.DocumentData) (time.Duration, error) {
	before := s.uploads()
	began := time.Now()
	if err := s.services.approve(ctx, d); err != nil {
		return 0, err
	}
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	for s.uploads() == before {
		select {
		case <-again.C:
		case <-ctx.Done():
			return 0, fmt.Errorf("waited in vain until %s is in Smokeball: %w", d.ID, context.Cause(ctx))
		}
	}
	return time.Since(began), nil
}

// uploads is how many files' bytes Smokeball has taken in.
func (s *site) uploads() int { return s.smokeball.Counts().ByRoute["PUT /_upload/{key}"] }

// busPeak is how much more JetStream alone holds at the peak while an object is read that was put
// before.
func (l *lab) busPeak() (float64, error) {
	c, err := startChild(task{Bus: filepath.Join(l.folder(), "bus")})
	if err != nil {
		return 0, err
	}
	if err := errors.Join(c.order("put"), c.collect(), c.resetPeak()); err != nil {
		return 0, err
	}
	before := c.memory()
	if err := c.order("read"); err != nil {
		return 0, err
	}
	more := c.memory().peak - before.own - before.file
	return more, c.stop()
}

// largeDocument is the size of the document, in bytes.
const largeDocument = 100_000_000

// shelfBucket is the bucket of a shelf.
const shelfBucket = "shelf"

// shelf is an object store of its own, whose objects a program may read: the engine's gives
// them to nobody.
type shelf struct {
	*bareBus
	store jetstream.ObjectStore
	dir   string
}

func (l *lab) openShelf(ctx context.Context) (s shelf, err error) {
	s.dir = l.folder()
	if s.bareBus, err = openBareBus(ctx, filepath.Join(s.dir, "bus")); err != nil {
		return s, err
	}
	s.store, err = s.js.CreateObjectStore(ctx, jetstream.ObjectStoreConfig{Bucket: shelfBucket})
	return s, err
}

// copyObject copies an object from the bus to a file, and from there to Smokeball.
func (b *bare) copyObject(ctx context.Context, s shelf, name string, size int, matter string) (time.Duration, error) {
	noise := rand.NewChaCha8([32]byte{byte(len(name))})
	if _, err := s.store.Put(ctx, jetstream.ObjectMeta{Name: name}, io.LimitReader(noise, int64(size))); err != nil {
		return 0, err
	}
	began := time.Now()
	object, err := s.store.Get(ctx, name)
	if err != nil {
		return 0, err
	}
	file, err := os.Create(filepath.Join(s.dir, "copy-"+name))
	if err != nil {
		return 0, err
	}
	defer func() { _ = file.Close(); _ = os.Remove(file.Name()) }()
	if _, err := io.Copy(file, object); err != nil {
		return 0, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	var place struct {
		URL string `json:"uploadUrl"`
	}
	if err := b.call(ctx, http.MethodPost, "/matters/"+matter+"/documents/files", map[string]any{"fileName": name + ".pdf"}, &place); err != nil {
		return 0, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, place.URL, io.NopCloser(file))
	if err != nil {
		return 0, err
	}
	req.ContentLength, req.Header["Content-Type"] = int64(size), []string{""}
	err = answered(b.site.way, req, nil)
	return time.Since(began), err
}
