package bus

import (
	"context"
	"encoding/base64"
	"encoding/json"
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
// the digest in padded base64url; the reader ends with [ErrDamaged] if the content does not match
// it. ctx has to live as long as the reader, which the caller closes within an hour. Links
// are not followed, and what a guest of another firm has put is not there.
func (b *Bus) Object(ctx context.Context, firm domain.FirmID, bucket, name string) (content io.ReadCloser, size int64, digest string, err error) {
	store, err := b.objectStore(ctx, bucket, name)
	if err == nil {
		err = b.notForeign(ctx, firm, bucket, name)
	}
	if err != nil {
		return nil, 0, "", fmt.Errorf("read object %s/%s: %w", bucket, name, b.noObject(ctx, bucket, name, err))
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	object, err := store.Get(ctx, name)
	if err != nil {
		defer cancel()
		return nil, 0, "", fmt.Errorf("read object %s/%s: %w", bucket, name, b.noObject(ctx, bucket, name, err))
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

// ErrDamaged is the cause when an object has not the bytes that were put.
var ErrDamaged = errors.New("the object's bytes do not fit its digest")

// Read implements [io.Reader].
func (r objectReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	if errors.Is(err, jetstream.ErrDigestMismatch) {
		err = fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return n, err
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
	owner, err := ownerOf(ctx, b.js, "OBJ_"+bucket, entryOf(bucket, name))
	if err == nil && owner != "" && owner != string(firm) {
		err = fmt.Errorf("%w: another firm has put it", ErrNoObject)
	}
	return err
}

// entryOf is the subject under which a bucket's stream has what is known of an object.
func entryOf(bucket, name string) string {
	return "$O." + bucket + ".M." + base64.URLEncoding.EncodeToString([]byte(name))
}

// errLags says that a server of the cluster does not have yet what was put.
var errLags = errors.New("a NATS server lags behind; try again")

// noObject tells whether the object is not there. On a cluster any replica may have said so,
// also one that lags behind the put: what the leader has is there.
func (b *Bus) noObject(ctx context.Context, bucket, name string, err error) error {
	missing := noObject(err)
	if b.embedded != nil || !errors.Is(missing, ErrNoObject) || !errors.Is(err, jetstream.ErrObjectNotFound) {
		return missing
	}
	if has, err := b.leaderHas(ctx, bucket, name); has || err != nil {
		return errors.Join(errLags, err)
	}
	return missing
}

// leaderHas asks the leader of the bucket's stream, which the library would not.
func (b *Bus) leaderHas(ctx context.Context, bucket, name string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, leaderWithin)
	defer cancel()
	question, err := json.Marshal(map[string]string{"last_by_subj": entryOf(bucket, name)})
	if err != nil {
		return false, err
	}
	m, err := b.conn.RequestWithContext(ctx, "$JS.API.STREAM.MSG.GET.OBJ_"+bucket, question)
	if err != nil {
		return false, fmt.Errorf("ask the leader: %w", err)
	}
	var got struct {
		Error   *jetstream.APIError
		Message *struct {
			Data []byte
		}
	}
	if err := json.Unmarshal(m.Data, &got); err != nil {
		return false, fmt.Errorf("read the leader's answer: %w", err)
	}
	if got.Error != nil && got.Error.ErrorCode != jetstream.JSErrCodeMessageNotFound {
		return false, fmt.Errorf("ask the leader: %w", got.Error)
	}
	return got.Message != nil && !isDeleted(got.Message.Data), nil
}

// leaderWithin is how long the leader of a stream may take to answer.
const leaderWithin = 5 * time.Second

// isDeleted tells of an object's entry whether somebody deleted the object.
func isDeleted(entry []byte) bool {
	var info jetstream.ObjectInfo
	return json.Unmarshal(entry, &info) == nil && info.Deleted
}

func noObject(err error) error {
	for _, missing := range []error{jetstream.ErrObjectNotFound, jetstream.ErrBucketNotFound, jetstream.ErrInvalidStoreName} {
		if errors.Is(err, missing) {
			return fmt.Errorf("%w: %w", ErrNoObject, err)
		}
	}
	return err
}
