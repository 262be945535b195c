package engine

import (
	"context"
	"strings"
	"sync"

	"github.com/nats-io/nats.go/jetstream"
)

// bucket is a key-value bucket in memory: as much of one as the engine uses. One engine
// at a time has it, so it does not look at the revision that a purge names.
type bucket struct {
	jetstream.KeyValue // nothing else is asked for
	mu                 sync.Mutex
	held               map[string]kept
	last               uint64
}

type kept struct {
	jetstream.KeyValueEntry
	key      string
	value    []byte
	revision uint64
}

func (e kept) Key() string      { return e.key }
func (e kept) Value() []byte    { return e.value }
func (e kept) Revision() uint64 { return e.revision }

func newBucket() *bucket { return &bucket{held: map[string]kept{}} }

func (b *bucket) Get(_ context.Context, key string) (jetstream.KeyValueEntry, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e, ok := b.held[key]; ok {
		return e, nil
	}
	return nil, jetstream.ErrKeyNotFound
}

func (b *bucket) Put(_ context.Context, key string, value []byte) (uint64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.put(key, value), nil
}

func (b *bucket) put(key string, value []byte) uint64 {
	b.last++
	b.held[key] = kept{key: key, value: append([]byte(nil), value...), revision: b.last}
	return b.last
}

func (b *bucket) Create(_ context.Context, key string, value []byte, _ ...jetstream.KVCreateOpt) (uint64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.held[key]; ok {
		return 0, jetstream.ErrKeyExists
	}
	return b.put(key, value), nil
}

func (b *bucket) Update(_ context.Context, key string, value []byte, revision uint64) (uint64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.held[key].revision != revision {
		return 0, &jetstream.APIError{ErrorCode: jetstream.JSErrCodeStreamWrongLastSequence}
	}
	return b.put(key, value), nil
}

func (b *bucket) Purge(_ context.Context, key string, _ ...jetstream.KVDeleteOpt) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.held, key)
	return nil
}

func (b *bucket) ListKeysFiltered(_ context.Context, filters ...string) (jetstream.KeyLister, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list lister
	for key := range b.held {
		if strings.HasPrefix(key, strings.TrimSuffix(filters[0], ">")) {
			list = append(list, key)
		}
	}
	return list, nil
}

// WatchAll tells what is there, and nothing after.
func (b *bucket) WatchAll(context.Context, ...jetstream.WatchOpt) (jetstream.KeyWatcher, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	w := watcher{updates: make(chan jetstream.KeyValueEntry, len(b.held)+1)}
	for _, e := range b.held {
		w.updates <- e
	}
	w.updates <- nil
	return w, nil
}

type watcher struct {
	jetstream.KeyWatcher
	updates chan jetstream.KeyValueEntry
}

func (w watcher) Updates() <-chan jetstream.KeyValueEntry { return w.updates }
func (watcher) Stop() error                               { return nil }

type lister []string

func (l lister) Keys() <-chan string {
	c := make(chan string, len(l))
	for _, key := range l {
		c <- key
	}
	close(c)
	return c
}

func (lister) Stop() error { return nil }
