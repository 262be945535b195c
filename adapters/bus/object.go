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

// openWithin is how long the bus may take to tell of an object. Where servers hang the whole
// is tried again later.
const openWithin = 10 * time.Second

// Object reads an object for a firm as a stream. Size is in bytes, digest is "SHA-256=" and
// the digest in padded base64url; the reader ends with [ErrDamaged] if the content does not match
// it, and with another error if no server sends a byte for 10 seconds. ctx has to live as long as the reader, which the caller closes. Links
// are not followed, and what a guest of another firm has put is not there.
func (b *Bus) Object(ctx context.Context, firm domain.FirmID, bucket, name string) (content io.ReadCloser, size int64, digest string, err error) {
	asked, stop := context.WithTimeout(ctx, openWithin)
	defer stop()
	info, err := b.objectInfo(asked, bucket, name)
	if err == nil {
		err = b.notForeign(asked, firm, bucket, name)
	}
	if err != nil {
		return nil, 0, "", fmt.Errorf("read object %s/%s: %w", bucket, name, b.noObject(ctx, bucket, name, err))
	}
	content, err = b.readChunks(ctx, bucket, info)
	if err != nil {
		return nil, 0, "", fmt.Errorf("read object %s/%s: %w", bucket, name, err)
	}
	return content, int64(info.Size), info.Digest, nil
}

// ErrDamaged is the cause when an object has not the bytes that were put.
var ErrDamaged = errors.New("the object's bytes do not fit its digest")

// objectInfo describes an object, once it is clear that it is one of its own.
func (b *Bus) objectInfo(ctx context.Context, bucket, name string) (*jetstream.ObjectInfo, error) {
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
	return info, nil
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
