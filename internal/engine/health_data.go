package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/adapters/secrets"
	"github.com/casehug/smokeball-sync/adapters/web/words"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/config"
	"github.com/casehug/smokeball-sync/internal/doctor"
	"github.com/casehug/smokeball-sync/projections"
)

// What of a stream is a warning.
const (
	manyWaiting = 10_000
	nearlyFull  = 0.8
)

// streamsOf checks that the bus has what the engine requires.
func streamsOf(b *bus.Bus) look {
	return func(ctx context.Context) []doctor.Finding {
		ctx, cancel := context.WithTimeout(ctx, outsideWithin)
		defer cancel()
		states, err := b.Streams(ctx)
		if err != nil {
			return []doctor.Finding{failed("", "the streams can't be read: "+err.Error(), "no event gets in or out", "check the NATS servers", "")}
		}
		var list []doctor.Finding
		var waiting uint64
		for _, s := range states {
			list = append(list, streamState(s)...)
			waiting += s.Waiting
		}
		if err := bus.MakesStreams(ctx, b); err != nil {
			list = append(list, warning("", "the NATS cluster makes no stream and no consumer: "+err.Error(), "what is there goes on; no engine can start, and one that loses a consumer stands still",
				"start the servers of the cluster that are down, and mend what keeps them from each other: more than half of all of them must reach each other", ""))
		}
		if len(list) == 0 {
			return []doctor.Finding{fine(fmt.Sprintf("%d streams and buckets; %s", len(states), waitingMessages(waiting)))}
		}
		return list
	}
}

// waitingMessages says how many messages wait.
func waitingMessages(n uint64) string {
	if n == 1 {
		return "1 message waits"
	}
	return words.Plural(int(n), "message") + " wait"
}

func streamState(s bus.StreamState) []doctor.Finding {
	share := 0.0
	if s.Most > 0 {
		share = float64(s.Bytes) / float64(s.Most)
	}
	switch {
	case s.Missing:
		return []doctor.Finding{failed(s.Name, "the stream or one of its consumers is missing", "events of this kind get nowhere", "start the engine again: it makes what is missing", "")}
	case share >= 1:
		return []doctor.Finding{failed(s.Name, "it is full", "publishers are refused until messages are taken in", "read the engine's log: something keeps it from taking events in", "")}
	case share >= nearlyFull:
		return []doctor.Finding{warning(s.Name, fmt.Sprintf("it is %.0f %% full", 100*share), "soon publishers are refused", "read the engine's log: something keeps it from taking events in", "")}
	case s.Waiting > manyWaiting:
		return []doctor.Finding{warning(s.Name, waitingMessages(s.Waiting), "what CaseHug said is taken in late", "wait; if it grows, read the engine's log", "")}
	}
	return nil
}

// ledgerOf reads the whole ledger.
func ledgerOf(ledger func() eventstore.Store, now func() time.Time) look {
	return func(ctx context.Context) []doctor.Finding {
		last, err := endOf(ctx, ledger())
		var v eventstore.Verified
		if err == nil {
			v, err = eventstore.Verify(ctx, ledger(), last)
		}
		if err != nil {
			return []doctor.Finding{damagedLedger(err)}
		}
		if ahead := v.Newest.Sub(now()); ahead > clockFails {
			return []doctor.Finding{warning("", fmt.Sprintf("its newest event is %s in the future", ahead.Truncate(time.Second)), "the clock was put back: times in the history are wrong",
				"have this machine's clock set by NTP", "timedatectl set-ntp true")}
		}
		return []doctor.Finding{fine(words.Plural(int(v.Events), "event") + " of " + words.Plural(int(v.Streams), "stream") + ", each chain verified")}
	}
}

func damagedLedger(err error) doctor.Finding {
	return failed("", err.Error(), "the engine does not start on a ledger that ends too early, and stops at an event that it can't read", restoreLedger, "")
}

// signatureOf compares the ledger with the engine's signatures.
func signatureOf(ledger func() eventstore.Store, key func() eventstore.Signer) look {
	return func(ctx context.Context) []doctor.Finding {
		last, err := endOf(ctx, ledger())
		if err != nil || last == 0 {
			return nil
		}
		p, err := eventstore.Prove(ctx, ledger(), key(), last)
		if err != nil {
			return []doctor.Finding{failed("", err.Error(), "somebody without the master key rewrote the ledger, or the key is another one",
				"check the master key file; then restore the ledger from the newest backup that passes", "smokeball-sync keys list")}
		}
		return []doctor.Finding{fine(words.Plural(int(p.Signatures), "signature") + " verified; " + words.Plural(int(p.Unsigned), "event") + " since the last one")}
	}
}

// viewsLate is how many events the views may be behind for a moment.
const viewsLate = 1000

// viewsOf compares the rows with the ledger.
func viewsOf(ledger func() eventstore.Store, views *projections.Views) look {
	return func(ctx context.Context) []doctor.Finding {
		at := views.Position()
		last, err := endOf(ctx, ledger())
		if err != nil {
			return []doctor.Finding{failed("", "the ledger's end can't be read: "+err.Error(), "", "check the disk and the bus", "")}
		}
		behind := uint64(last) - min(at, uint64(last))
		if names := views.Rebuilding(); len(names) > 0 {
			return []doctor.Finding{warning("", "rebuilt now: "+strings.Join(names, ", "), "pages show rows of the older version until then", "wait", "")}
		}
		if behind > viewsLate {
			return []doctor.Finding{warning("", words.Plural(int(behind), "event")+" behind the ledger", "pages show older facts for now",
				"wait; if it stays, stop the engine, remove views.db and start it", "")}
		}
		return []doctor.Finding{fine(words.Plural(int(behind), "event") + " behind the ledger")}
	}
}

// openBucket opens the bucket of what is sealed.
type openBucket = func(context.Context) (*secrets.Bucket, error)

func bucketOf(b *secrets.Bucket) openBucket {
	return func(context.Context) (*secrets.Bucket, error) { return b, nil }
}

// lostKeys counts the data keys that no key of the master keyset opens. ok is false where there are no data
// keys: nothing is sealed with them.
type lostKeys = func(context.Context) (lost int, ok bool, err error)

// keysOf opens every sealed value, and looks whether every data key opens.
func keysOf(cfg config.Settings, open openBucket, data lostKeys) look {
	return func(ctx context.Context) []doctor.Finding {
		file := cfg.MasterKeyFile
		restore := "restore it from your backup; if it is lost for good, the firms connect again after the command, and what waits in an encrypted bus is lost"
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			return []doctor.Finding{failed("", "the master key file "+file+" is missing", "no token and no webhook key can be opened", restore, "smokeball-sync keys forget --data-dir "+shellWord(cfg.DataDir))}
		}
		b, err := open(ctx)
		if err != nil {
			return []doctor.Finding{failed("", err.Error(), "no token and no webhook key can be opened", "correct what the line names", "chmod 600 "+shellWord(file))}
		}
		total, lost, err := b.Unopened(ctx)
		if err != nil {
			return []doctor.Finding{failed("", "the secrets can't be listed: "+err.Error(), "", "check the bus", "")}
		}
		if len(lost) > 0 {
			return []doctor.Finding{failed("", fmt.Sprintf("of %s %d can't be opened with %s", words.Plural(total, "secret"), len(lost), file), "their firms' syncs can't be made", restore, "smokeball-sync keys list --data-dir "+shellWord(cfg.DataDir))}
		}
		return []doctor.Finding{dataKeysAmong(ctx, cfg, total, data)}
	}
}

// dataKeysAmong looks at the data keys, where all secrets open.
func dataKeysAmong(ctx context.Context, cfg config.Settings, secrets int, data lostKeys) doctor.Finding {
	lost, ok, err := data(ctx)
	switch {
	case err != nil:
		return failed("", "the data keys can't be read: "+err.Error(), "nothing that the ledger says of persons can be read", "on one machine restore the newest backup; on a cluster check its servers and the stream DATA_KEYS", "")
	case lost > 0:
		return failed("", fmt.Sprintf("%s can't be opened with %s", words.Plural(lost, "data key"), cfg.MasterKeyFile), "what the ledger says of these matters and clients can't be read",
			"restore the master key file that has the keys which were retired", "smokeball-sync keys list --data-dir "+shellWord(cfg.DataDir))
	case !ok:
		return fine(words.Plural(secrets, "secret") + ", all open; the ledger has no data keys")
	}
	return fine(words.Plural(secrets, "secret") + " and the data keys, all open")
}

// endOf is the position of the newest event. Both kinds of ledger know theirs; a wrapped one of a
// test does not.
func endOf(ctx context.Context, ledger eventstore.Store) (eventstore.Seq, error) {
	l, ok := ledger.(interface {
		Last(context.Context) (eventstore.Seq, error)
	})
	if !ok {
		return 0, nil
	}
	return l.Last(ctx)
}
