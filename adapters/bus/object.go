package bus

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/domain"
)

// ErrNoObject is the cause when a bucket has no object of that name, or there is no such
// bucket.
var ErrNoObject = errors.New("no such object")

// readTimeout ends a read that nobody reads on. Without a deadline of ours the client
// would end every read after five seconds.
const readTimeout = time.Hour

// Object reads an object for a firm as a stream. Size is in bytes, digest is "SHA-256=" and
// the digest in padded base64url; the reader fails at its end if the content does not match
// it. ctx has to live as long as the reader, which the caller closes within an hour. Links
// are not followed, and what a guest of another firm has put is not there.
func (b *Bus) Object(ctx context.Context, firm domain.FirmID, bucket, name string) (content io.ReadCloser, size int64, digest string, err error) {
	store, err := b.objectStore(ctx, bucket, name)
	if err == nil {
		err = b.notForeign(ctx, firm, bucket, name)
	}
	if err != nil {
		return nil, 0, "", fmt.Errorf("read object %s/%s: %w", bucket, name, noObject(err))
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	object, err := store.Get(ctx, name)
	if err != nil {
		cancel()
		return nil, 0, "", fmt.Errorf("read object %s/%s: %w", bucket, name, noObject(err))
	}
	info, err := object.Info()
	if err != nil {
		cancel()
		return nil, 0, "", fmt.Errorf("read object %s/%s: %w", bucket, name, err)
	}
	return objectReader{object, cancel}, int64(info.Size), info.Digest, nil
}

type objectReader struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (r objectReader) Close() error {
	defer r.cancel()
	return r.ReadCloser.Close()
}

// objectStore is the bucket, once it is clear that name is an object of its own there.
func (b *Bus) objectStore(ctx context.Context, bucket, name string) (jetstream.ObjectStore, error) {
	store, err := b.js.ObjectStore(ctx, bucket)
	if err != nil {
		return nil, err
	}
	info, err := store.GetInfo(ctx, name)
	if err != nil {
		return nil, err
	}
	if info.Opts != nil && info.Opts.Link != nil {
		return nil, fmt.Errorf("%w: it is a link; put the document itself", ErrNoObject)
	}
	return store, nil
}

// notForeign fails where the gate has noted that another firm's guest put the object.
func (b *Bus) notForeign(ctx context.Context, firm domain.FirmID, bucket, name string) error {
	owner, err := ownerOf(ctx, b.js, "OBJ_"+bucket, "$O."+bucket+".M."+base64.URLEncoding.EncodeToString([]byte(name)))
	if err == nil && owner != "" && owner != string(firm) {
		err = fmt.Errorf("%w: another firm has put it", ErrNoObject)
	}
	return err
}

func noObject(err error) error {
	for _, missing := range []error{jetstream.ErrObjectNotFound, jetstream.ErrBucketNotFound, jetstream.ErrInvalidStoreName} {
		if errors.Is(err, missing) {
			return fmt.Errorf("%w: %w", ErrNoObject, err)
		}
	}
	return err
}
