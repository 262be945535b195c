package eventstore

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// Source is a ledger that is copied while nobody writes to it.
type Source interface {
	Store
	Last(ctx context.Context) (Seq, error)
}

// copied is an event as the copy stores it.
type copied struct {
	record record
	before Head // of its stream
	head   Head // of its stream, with it
}

// copyTarget is where a copy is written.
type copyTarget interface {
	most() int // events at once
	put(ctx context.Context, batch []copied) error
}

// copyBytes is from what size on a batch is written.
const copyBytes = 4 << 20

// copying is a copy that is being made.
type copying struct {
	to       copyTarget
	seals    Sealer // nil: nothing is sealed
	key      Signer
	have     Seq                            // the target has the events up to here, from a copy that was broken off
	there    func() (Envelope, error, bool) // the next of those
	old, new digest
	heads    map[string]Head
	signed   map[uint64]string // digests of the new ledger at its positions that are signed later
	batch    []copied
	bytes    int // of the batch
	sealed   uint64
}

// copyLedger copies all events of from, whose signatures must fit.
func copyLedger(ctx context.Context, from Source, c *copying, now time.Time) (s SealedLedger, err error) {
	last, err := from.Last(ctx)
	if err != nil {
		return s, err
	}
	var proof Proof
	if last > 0 {
		if proof, err = Prove(ctx, from, c.key, last); err != nil {
			return s, err
		}
	}
	c.heads, c.signed = map[string]Head{}, map[uint64]string{}
	if c.have > last {
		return s, fmt.Errorf("%w: the target has %d events, and what is copied has %d", ErrOtherLedger, c.have, last)
	}
	if err = c.all(ctx, from, last); err != nil {
		return s, err
	}
	s = SealedLedger{Events: uint64(last), Sealed: c.sealed, Signatures: proof.Signatures, Old: hex.EncodeToString(c.old.sum[:]), New: hex.EncodeToString(c.new.sum[:]), At: now.UTC()}
	s.Signature, err = c.key.Name(s.text())
	return s, err
}

func (c *copying) all(ctx context.Context, from Source, last Seq) error {
	if last == 0 {
		return nil
	}
	for env, err := range from.Read(ctx, domain.LedgerStream()) {
		if err != nil {
			return err
		}
		if e, ok := env.Event.(domain.LedgerSigned); ok {
			c.signed[e.Position] = ""
		}
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for env, err := range from.Tail(ctx, 0) {
		if err != nil {
			return err
		}
		if err := c.add(env); err != nil {
			return fmt.Errorf("ledger position %d: %w", env.Seq, err)
		}
		if len(c.batch) == c.to.most() || c.bytes >= copyBytes || env.Seq >= last && len(c.batch) > 0 {
			if err := c.to.put(ctx, c.batch); err != nil {
				return err
			}
			c.batch, c.bytes = c.batch[:0], 0
		}
		if env.Seq >= last {
			return nil
		}
	}
	return ctx.Err()
}

// add makes the copy of an event, which is written with the next batch unless the target has it.
func (c *copying) add(env Envelope) error {
	if env.Seq <= c.have {
		return c.find(env)
	}
	r, err := c.recordOf(env)
	if err != nil {
		return err
	}
	before := c.heads[r.stream]
	r.hash = Chain(before.Hash, r.version, r.at, r.name, r.data)
	head := Head{Seq: env.Seq, Version: r.version, Hash: r.hash}
	c.bytes += len(r.data)
	c.batch = append(c.batch, copied{record: r, before: before, head: head})
	c.note(env, head)
	return nil
}

// note remembers how an event stands in the copy.
func (c *copying) note(env Envelope, head Head) {
	c.heads[env.Stream.String()] = head
	c.old.add(env)
	env.Hash = head.Hash
	c.new.add(env)
	if _, later := c.signed[uint64(env.Seq)]; later {
		c.signed[uint64(env.Seq)] = hex.EncodeToString(c.new.sum[:])
	}
}

// find finds an event that an earlier copy has written: what is sealed again has other bytes.
func (c *copying) find(env Envelope) error {
	is, err, ok := c.there()
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("%w: the target ends before position %d", ErrOtherLedger, env.Seq)
	}
	same, err := sameEvent(env, is)
	if err == nil && !same {
		err = ErrOtherLedger
	}
	if err != nil {
		return err
	}
	c.note(env, is.Head())
	return nil
}

// recordOf is the stored form of an event in the copy.
func (c *copying) recordOf(env Envelope) (record, error) {
	if e, ok := env.Event.(domain.LedgerSigned); ok {
		e.Digest = c.signed[e.Position]
		var err error
		if e.Signature, err = signature(c.key, e); err != nil {
			return record{}, err
		}
		env.Event = e
	}
	name, data, err := domain.Marshal(env.Event)
	if err != nil {
		return record{}, err
	}
	r := record{stream: env.Stream.String(), version: env.Version, at: env.At, name: name, data: data}
	keys, err := r.close(c.seals, env.Stream, env.Event)
	if err == nil && keys > 0 {
		err = c.seals.Settle(keys)
	}
	if r.sealed && !env.Sealed {
		c.sealed++
	}
	return r, err
}
