package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/internal/atrest"
)

// prepareFiles readies the embedded server's files and reports whether they are encrypted.
func (c Config) prepareFiles() (encrypted bool, err error) {
	store := c.store()
	if c.AsIs {
		encrypted, err = atrest.AsIs(store, c.Key)
	} else {
		encrypted, err = atrest.Prepare(store, c.Key, len(c.Key) > 0 && !c.Plain)
	}
	switch {
	case errors.Is(err, atrest.ErrKey):
		return false, fmt.Errorf("ENGINE_DATA_DIR is %q, but the files of its bus can't be decrypted: %w; "+
			"put back the file local-keys and the folder nats of the same data directory, or restore a backup into an empty one: the engine does not begin with an empty bus", c.DataDir, err)
	case errors.Is(err, atrest.ErrUnconverted):
		c.Logger.Warn("the files of the bus could not be converted, and stay as they were; the engine tries it again when it starts: it needs as much free space as they take",
			"dir", store, "encrypted", encrypted, "err", err)
		return encrypted, nil
	case err != nil:
		return false, fmt.Errorf("ENGINE_DATA_DIR is %q, but the files of its bus can't be used: %w", c.DataDir, err)
	}
	return encrypted, nil
}

// IsEncrypted reports whether the embedded server of a data directory has encrypted its files.
func IsEncrypted(dir string) bool {
	c := Config{DataDir: dir}
	return c.root() != c.store()
}

// RemoveFiles removes the files of the embedded server of a data directory, which does not run: the next
// one begins with an empty bus.
func RemoveFiles(dir string) error { return atrest.Remove(Config{DataDir: dir}.store()) }

// overwrite overwrites messages of a stream on disk that were removed. A server of plain text did it
// when it removed them; e is nil on a cluster.
func (e *embedded) overwrite(ctx context.Context, stream string, gone atrest.Removed) error {
	if e == nil || !e.encrypted {
		return nil
	}
	if err := e.blocks.take(ctx); err != nil {
		return err
	}
	defer e.blocks.end()
	return atrest.Eraser{Root: atrest.Root(e.config.store(), true), Key: e.config.Key}.Erase(engineAccount, stream, gone)
}

// overwriteRemoved overwrites all messages that streams lack: an engine that was killed may have removed
// some and not overwritten them.
func (e *embedded) overwriteRemoved(ctx context.Context, js jetstream.JetStream, streams ...string) error {
	if e == nil || !e.encrypted {
		return nil
	}
	for _, name := range streams {
		s, err := js.Stream(ctx, name)
		if err != nil {
			return fmt.Errorf("find stream %s: %w", name, err)
		}
		info, err := s.Info(ctx, jetstream.WithDeletedDetails(true))
		if err != nil {
			return fmt.Errorf("ask for stream %s: %w", name, err)
		}
		if err := e.overwrite(ctx, name, atrest.Removed{Before: info.State.FirstSeq, Sequences: info.State.Deleted}); err != nil {
			return err
		}
	}
	return nil
}

// turns lets one after the other work; nil: all at once.
type turns chan struct{}

func (t turns) take(ctx context.Context) error {
	if t == nil {
		return nil
	}
	select {
	case t <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (t turns) end() {
	if t != nil {
		<-t
	}
}
