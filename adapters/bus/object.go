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

// ErrNoObject says that the bucket or the object does not exist.
var ErrNoObject = errors.New("no such object")

// openWithin is how long the bus may take to report an object. If its servers hang, the
// caller retries the whole read later.
const openWithin = 10 * time.Second

// Object is an open object. Reading it ends with [ErrDamaged] if the content does not match the
// digest in the store, and with another error if no server sends a byte for 10 seconds.
type Object struct {
	io.ReadCloser
	Size   int64         // in bytes
	Digest string        // "SHA-256=" and the digest in padded base64url
	Firm   domain.FirmID // the firm that it is marked with; "": none
}

// Object opens an object for a firm's document, if [domain.ObjectEntry] allows that. It also
// finds what the firm's own tenant put under that name. ctx must not end before the caller has
// closed the object. Links are not followed.
func (b *Bus) Object(ctx context.Context, q domain.ObjectQuestion, bucket, name string) (Object, error) {
	asked, stop := context.WithTimeout(ctx, openWithin)
	defer stop()
	found, err := b.findObject(asked, q, bucket, name)
	if err != nil {
		return Object{}, fmt.Errorf("read object %s/%s: %w", bucket, name, b.noObject(ctx, bucket, name, err))
	}
	content, err := b.readChunks(ctx, bucket, found.info)
	if err != nil {
		return Object{}, fmt.Errorf("read object %s/%s: %w", bucket, name, err)
	}
	return Object{ReadCloser: content, Size: int64(found.info.Size), Digest: found.info.Digest, Firm: found.entry.Firm}, nil
}

// ErrDamaged says that an object's bytes are not those that were put.
var ErrDamaged = errors.New("the object's bytes do not match its digest")

// entryOf returns the subject of an object's entry in the bucket's stream.
func entryOf(bucket, name string) string {
	return "$O." + bucket + ".M." + base64.URLEncoding.EncodeToString([]byte(name))
}

// errLags says that a server of the cluster does not yet have an object that was put.
var errLags = errors.New("a NATS server lags behind; try again")

// noObject checks the error of a lookup: on a cluster a replica that lags behind the put may have
// answered that there is no object. Only the leader's answer counts.
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

// leaderHas asks the leader of the bucket's stream; the library would ask any replica.
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

// isDeleted reports whether an entry says that somebody deleted its object.
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
