package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/atrest"
)

// ErrUntaken says that the intake's stream has messages that were not taken in yet.
var ErrUntaken = errors.New("messages of the bus are still to be taken in")

// EraseMessages overwrites a firm's messages that the callback picks on disk, of all that the
// streams had when it was called, and removes them. Before that it returns ErrUntaken while some
// of those are still to be taken in: what came before an erasure is recorded, and nothing is lost.
func (b *Bus) EraseMessages(ctx context.Context, f domain.FirmID, pick func(body []byte) bool) error {
	if err := b.taken(ctx); err != nil {
		return err
	}
	firm := string(f)
	for stream, subjects := range map[string][]string{
		Inbox:  {"casehug." + firm + ".>", Bound + "casehug." + firm + ".>", "smokeball." + firm + ".>"},
		Outbox: {"sync." + firm + ".>"},
	} {
		if err := b.embedded.eraseIn(ctx, b.js, stream, subjects, pick); err != nil {
			return fmt.Errorf("erase messages of %s: %w", stream, err)
		}
	}
	return b.embedded.overwriteRemoved(ctx, b.js, Inbox, Outbox, documentsOf)
}

// taken reports whether every message was taken in that the intake's stream has now.
func (b *Bus) taken(ctx context.Context) error {
	s, err := b.js.Stream(ctx, Inbox)
	if err != nil {
		return fmt.Errorf("find stream %s: %w", Inbox, err)
	}
	last := s.CachedInfo().State.LastSeq
	for _, d := range durables() {
		c, err := s.Consumer(ctx, d.name)
		if err != nil {
			return fmt.Errorf("find consumer %s: %w", d.name, err)
		}
		now := c.CachedInfo()
		if now.AckFloor.Stream < last && (now.NumPending > 0 || now.NumAckPending > 0) {
			return ErrUntaken
		}
	}
	return nil
}

func (e *embedded) eraseIn(ctx context.Context, js jetstream.JetStream, stream string, subjects []string, pick func(body []byte) bool) error {
	s, err := js.Stream(ctx, stream)
	if err != nil {
		return err
	}
	var picked []uint64
	err = each(ctx, s, subjects, func(seq uint64, body []byte) {
		if pick(body) {
			picked = append(picked, seq)
		}
	})
	for _, seq := range picked {
		if err == nil {
			err = eraseMessage(ctx, s, seq)
		}
	}
	if err != nil {
		return err
	}
	return e.overwrite(ctx, stream, atrest.Removed{Sequences: picked})
}

// eraseMessage overwrites a message on disk and removes it; one that is gone is no error.
func eraseMessage(ctx context.Context, s jetstream.Stream, seq uint64) error {
	err := s.SecureDeleteMsg(ctx, seq)
	var api *jetstream.APIError
	if errors.Is(err, jetstream.ErrMsgNotFound) || errors.As(err, &api) && api.ErrorCode == noSuchMessage {
		return nil
	}
	return err
}

// noSuchMessage is the server's code for the deletion of a message that is not there.
const noSuchMessage = 10057

// each calls do for every message of the subjects that the stream has.
func each(ctx context.Context, s jetstream.Stream, subjects []string, do func(seq uint64, body []byte)) error {
	c, err := s.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{FilterSubjects: subjects, DeliverPolicy: jetstream.DeliverAllPolicy})
	if err != nil {
		return err
	}
	defer func() { _ = s.DeleteConsumer(context.WithoutCancel(ctx), c.CachedInfo().Name) }() // else it stays for minutes, and a stream has room for so many
	info, err := c.Info(ctx)
	if err != nil || info.NumPending == 0 {
		return err
	}
	messages, err := c.Messages()
	if err != nil {
		return err
	}
	defer messages.Stop()
	for {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return err
		}
		meta, err := m.Metadata()
		if err != nil {
			return err
		}
		do(meta.Sequence.Stream, m.Data())
		if meta.NumPending == 0 {
			return nil
		}
	}
}

// EraseObject overwrites the objects of a firm's document on disk, with their entries, and removes
// them: the shared one, unless it is marked with another firm, and the one that the firm's own
// tenant put. A missing object is no error.
func (b *Bus) EraseObject(ctx context.Context, f domain.FirmID, bucket, name string) error {
	if bucket != Documents {
		return nil // the engine reads no other
	}
	s, err := b.js.Stream(ctx, documentsOf)
	if err != nil {
		return fmt.Errorf("find bucket %s: %w", bucket, err)
	}
	for _, n := range []string{ownName(string(f), name), name} {
		if err := b.eraseObject(ctx, s, f, bucket, n); err != nil {
			return fmt.Errorf("erase an object of %s: %w", bucket, err)
		}
	}
	return nil
}

func (b *Bus) eraseObject(ctx context.Context, s jetstream.Stream, f domain.FirmID, bucket, name string) error {
	object, err := b.objectEntry(ctx, bucket, name)
	switch {
	case errors.Is(err, jetstream.ErrObjectNotFound), errors.Is(err, ErrNoObject):
		return nil
	case err != nil:
		return err
	case object.entry.Firm != "" && object.entry.Firm != f:
		return nil
	}
	err = b.embedded.eraseIn(ctx, b.js, "OBJ_"+bucket, []string{chunks + object.info.NUID}, all)
	if err != nil {
		return err
	}
	entry, err := s.GetLastMsgForSubject(ctx, entryOf(bucket, name))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := eraseMessage(ctx, s, entry.Sequence); err != nil {
		return err
	}
	return b.embedded.overwrite(ctx, "OBJ_"+bucket, atrest.Removed{Sequences: []uint64{entry.Sequence}})
}

func all([]byte) bool { return true }
