package eventstore

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// The hash chains reveal damage. They have no key, so whoever can write the ledger's file can
// rewrite a stream together with its chain. Therefore the engine signs the ledger at intervals,
// with a key that is not in it.

// ErrRewritten says that the ledger is not the one that was signed: an event was changed,
// taken out or put in, or the signatures were made with another key.
var ErrRewritten = errors.New("eventstore: the ledger is not the one that was signed")

// Signer makes keyed hashes. The same text always has the same hash under one key, and nobody can
// make a hash without the key.
type Signer interface {
	Name(text string) (string, error)
}

// How much of the ledger may be unsigned: a number of events, or the events of a time.
const (
	signEvents = 10_000
	signWithin = 10 * time.Minute
)

// Notary signs the ledger while it grows.
type Notary struct {
	Ledger Store
	Key    Signer
	Now    func() time.Time
	Log    *slog.Logger
	Within time.Duration // how soon new events are signed; 0: ten minutes
}

// Run signs until ctx ends, and returns nil then. If the last signature is not by this
// key it stops signing: another signature would hide the change.
func (n Notary) Run(ctx context.Context) error {
	last, _, err := Load[domain.Signed](ctx, n.Ledger, domain.LedgerStream())
	if err != nil {
		return ended(ctx, fmt.Errorf("read how far the ledger was signed: %w", err))
	}
	d, err := resume(n.Key, last.Last)
	if errors.Is(err, ErrRewritten) {
		n.Log.Error("the engine stopped signing the ledger: its last signature does not match the master key; check it with doctor", "seq", last.Last.Position, "err", err)
		<-ctx.Done()
		return nil
	}
	if err != nil {
		return err
	}
	return ended(ctx, n.follow(ctx, d))
}

func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// follow reads appended events and signs the ledger at intervals.
func (n Notary) follow(ctx context.Context, d digest) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	events, failed := make(chan Envelope), make(chan error, 1)
	go func() {
		defer close(events)
		for env, err := range n.Ledger.Tail(ctx, d.at) {
			if err != nil {
				failed <- err
				return
			}
			select {
			case events <- env:
			case <-ctx.Done():
				return
			}
		}
	}()
	tick := time.NewTicker(cmp.Or(n.Within, signWithin))
	defer tick.Stop()
	for {
		due := false
		select {
		case env, ok := <-events:
			if !ok {
				select {
				case err := <-failed:
					return fmt.Errorf("follow the ledger: %w", err)
				default:
					return nil
				}
			}
			d.add(env)
			due = d.due(false)
		case <-tick.C:
			due = d.due(true)
		}
		if due {
			if err := n.sign(ctx, &d); err != nil {
				return err
			}
		}
	}
}

func (n Notary) sign(ctx context.Context, d *digest) error {
	e, err := d.signed(n.Key)
	if err != nil {
		return err
	}
	_, _, err = Execute(ctx, n.Ledger, n.Now, domain.LedgerStream(), func(s domain.Signed) ([]domain.Event, error) { return s.Sign(e), nil })
	if err != nil {
		return fmt.Errorf("sign the ledger up to %d: %w", d.at, err)
	}
	d.unsigned = 0
	return nil
}

// digest is a running hash over all events in the order of the log.
type digest struct {
	at       Seq
	sum      Hash
	unsigned int // events since the last signature, signatures apart
}

// add adds an event's stream and its hash in the stream's chain, which covers the rest of the
// event.
func (d *digest) add(env Envelope) {
	h := sha256.New()
	h.Write(d.sum[:])
	stream := env.Stream.String()
	h.Write(binary.BigEndian.AppendUint64(nil, env.Version))
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(stream))))
	h.Write([]byte(stream))
	h.Write(env.Hash[:])
	d.at, d.sum = env.Seq, Hash(h.Sum(nil))
	if env.Stream != domain.LedgerStream() {
		d.unsigned++
	}
}

// due reports whether the ledger is to be signed now: after enough events, or in time where there is any.
func (d *digest) due(inTime bool) bool {
	return d.unsigned >= signEvents || inTime && d.unsigned > 0
}

func (d *digest) signed(key Signer) (domain.LedgerSigned, error) {
	e := domain.LedgerSigned{Position: uint64(d.at), Digest: hex.EncodeToString(d.sum[:])}
	signature, err := signature(key, e)
	e.Signature = signature
	return e, err
}

func signature(key Signer, e domain.LedgerSigned) (string, error) {
	return key.Name("signature of the ledger up to " + strconv.FormatUint(e.Position, 10) + ": " + e.Digest)
}

// resume returns the digest at a signature, and fails if the signature is not by the key.
func resume(key Signer, e domain.LedgerSigned) (d digest, err error) {
	if e.Position == 0 {
		return d, nil
	}
	want, err := signature(key, e)
	if err != nil {
		return d, err
	}
	sum, err := hex.DecodeString(e.Digest)
	if err != nil || len(sum) != len(d.sum) || want != e.Signature {
		return d, fmt.Errorf("%w: the signature up to %d is not one of this key", ErrRewritten, e.Position)
	}
	return digest{at: Seq(e.Position), sum: Hash(sum)}, nil
}

// Proof is what signatures show of a ledger.
type Proof struct {
	Signatures int
	Signed     Seq // the ledger is as it was signed up to here
	Unsigned   int // events after that, which no signature covers yet
}

// Prove reads the ledger up to a position and compares it with every signature in it. It
// returns ErrRewritten if one does not match, with the proof up to there. Signatures cannot reveal
// that the end of the ledger was removed together with its signatures: the high-water mark does.
func Prove(ctx context.Context, ledger Store, key Signer, end Seq) (p Proof, err error) {
	signed := map[Seq]domain.LedgerSigned{}
	for env, err := range ledger.Read(ctx, domain.LedgerStream()) {
		if err != nil {
			return p, err
		}
		if e, ok := env.Event.(domain.LedgerSigned); ok {
			signed[Seq(e.Position)] = e
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var d digest
	for env, err := range ledger.Tail(ctx, 0) {
		if err != nil {
			return p, err
		}
		d.add(env)
		if e, ok := signed[env.Seq]; ok {
			if err := fits(key, e, d); err != nil {
				return p, err
			}
			d.unsigned = 0
			delete(signed, env.Seq)
			p.Signatures, p.Signed = p.Signatures+1, env.Seq
		}
		if p.Unsigned = d.unsigned; env.Seq >= end {
			break
		}
	}
	if ctx.Err() != nil {
		return p, ctx.Err() // signatures of events that were not read prove nothing
	}
	for at := range signed {
		if at <= end {
			return p, fmt.Errorf("%w: there is no event at %d, up to which it was signed", ErrRewritten, at)
		}
	}
	return p, nil
}

// fits compares a signature with the digest of the ledger up to its position.
func fits(key Signer, e domain.LedgerSigned, d digest) error {
	was, err := resume(key, e)
	if err == nil && was.sum != d.sum {
		err = fmt.Errorf("%w: the events up to %d are not those that were signed", ErrRewritten, e.Position)
	}
	return err
}
