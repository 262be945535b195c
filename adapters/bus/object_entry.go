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
	// firmKey is the object's metadata that says whose document it is.
	firmKey = "firm"
	// firmHeader is how the gate marked entries before it wrote metadata, and how it marks
	// those of a firm's own names.
	firmHeader = "Engine-Firm"
)

// ownName is the name under which the bucket has what a firm's tenant puts as name: the
// names of different firms' tenants never meet.
func ownName(firm, name string) string { return "~" + firm + "/" + name }

// found is an object of the bucket and whose it is.
type found struct {
	info  *jetstream.ObjectInfo
	entry domain.ObjectEntry
}

// findObject is the object that is meant by name for the firm, if it may be read. Of two, a
// publisher who serves all firms means the shared one, others the firm's own.
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
			err = jetstream.ErrObjectNotFound // no tenant put it
		}
		if err == nil {
			err = object.entry.Allows(q)
		}
		switch {
		case err == nil:
			return object, nil
		case refused == nil || errors.Is(refused, jetstream.ErrObjectNotFound):
			refused = err
		}
	}
	return found{}, refused
}

// objectEntry is what the bucket says of an object that is one of its own and not deleted.
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
		err = jetstream.ErrObjectNotFound
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

// hexDigest is the SHA-256 in an entry's digest, or "".
func hexDigest(digest string) string {
	text, ok := strings.CutPrefix(digest, "SHA-256=")
	sum, err := base64.URLEncoding.DecodeString(text)
	if !ok || err != nil {
		return ""
	}
	return hex.EncodeToString(sum)
}
