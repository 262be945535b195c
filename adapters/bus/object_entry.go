package bus

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/domain"
)

const (
	// firmKey is the metadata key that names the firm of an object.
	firmKey = "firm"
	// firmHeader is the header with the firm. The gate used it before it wrote metadata, and
	// uses it for entries under a firm's own names.
	firmHeader = "Engine-Firm"
)

// ownName returns the name in the bucket of an object that a firm's tenant puts as name: the
// prefix keeps the names of different firms apart.
func ownName(firm, name string) string { return "~" + firm + "/" + name }

// found is an object of the bucket with its firm.
type found struct {
	info  *jetstream.ObjectInfo
	entry domain.ObjectEntry
}

// findObject finds the object that a firm's publisher means by name, if the firm may read it. If
// there are two, a publisher for all firms means the shared one, any other the firm's own.
func (b *Bus) findObject(ctx context.Context, q domain.ObjectQuestion, bucket, name string) (found, error) {
	names := []string{name}
	if own := ownName(string(q.Firm), name); b.embedded != nil && q.Vouched {
		names = append(names, own)
	} else if b.embedded != nil {
		names = []string{own, name}
	}
	var refused error
	for _, n := range names {
		object, err := b.objectEntry(ctx, bucket, n)
		if err == nil && n != name && object.entry.Firm != q.Firm {
			err = jetstream.ErrObjectNotFound // not put by a tenant
		}
		if err == nil {
			err = object.entry.Allows(q)
		}
		switch {
		case err == nil:
			return object, nil
		case errors.Is(err, errUnreadable):
			return found{}, err
		case refused == nil || errors.Is(refused, jetstream.ErrObjectNotFound):
			refused = err
		}
	}
	return found{}, refused
}

// objectEntry returns the entry of an object that is neither a link nor deleted.
func (b *Bus) objectEntry(ctx context.Context, bucket, name string) (found, error) {
	s, err := b.js.Stream(ctx, "OBJ_"+bucket)
	if errors.Is(err, jetstream.ErrStreamNotFound) || errors.Is(err, jetstream.ErrInvalidStreamName) {
		err = jetstream.ErrBucketNotFound
	}
	if err != nil {
		return found{}, err
	}
	m, err := s.GetLastMsgForSubject(ctx, entryOf(bucket, name))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		if err = absent(ctx, s, entryOf(bucket, name)); err == nil {
			err = jetstream.ErrObjectNotFound
		}
	}
	if err != nil {
		return found{}, err
	}
	return readEntry(m)
}

func readEntry(m *jetstream.RawStreamMsg) (found, error) {
	info := new(jetstream.ObjectInfo)
	if err := json.Unmarshal(m.Data, info); err != nil {
		return found{}, fmt.Errorf("read the object's entry: %w", err)
	}
	switch {
	case info.Deleted:
		return found{}, jetstream.ErrObjectNotFound
	case info.Opts != nil && info.Opts.Link != nil:
		return found{}, fmt.Errorf("%w: it is a link; put the document itself", ErrNoObject)
	}
	info.ModTime = m.Time
	firm := m.Header.Get(firmHeader)
	if firm == "" {
		firm = info.Metadata[firmKey]
	}
	return found{info, domain.ObjectEntry{Firm: domain.FirmID(firm), SHA256: hexDigest(info.Digest)}}, nil
}

// hexDigest returns the SHA-256 in an entry's digest in hexadecimal, or "".
func hexDigest(digest string) string {
	text, ok := strings.CutPrefix(digest, "SHA-256=")
	sum, err := base64.URLEncoding.DecodeString(text)
	if !ok || err != nil {
		return ""
	}
	return hex.EncodeToString(sum)
}
