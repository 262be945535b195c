package bus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// The streams and buckets of the bus. The ledger's stream belongs to the event store.
const (
	Inbox     = "INBOX"             // messages to the engine
	Outbox    = "OUTBOX"            // messages from the engine
	Documents = "casehug-documents" // object store: documents that CaseHug hands over
	Tokens    = "engine-tokens"     // key-value: sealed tokens and keys
	State     = "engine-state"      // key-value: small checkpoints
	Leases    = "engine-leases"     // key-value: which engine holds which allowance
	Sessions  = "engine-sessions"   // key-value: sealed, who is signed in to the console
	Calls     = "engine-calls"      // key-value: sealed, which calls were made with an Idempotency-Key
)

// Bound is the prefix of the subject of an event whose publisher may publish for one firm only:
// a tenant of that firm, or a caller over HTTP. Subscribers get the subject without it.
const Bound = "bound."

// The engine's durable consumers, which are its subscribers' topics.
const (
	Intake   = "intake" // casehug.>
	Webhooks = "notice" // smokeball.>
)

// LeaseLifetime is how long a lease lives without its engine.
const LeaseLifetime = 6 * time.Second

const (
	retention   = 90 * 24 * time.Hour
	dedupWindow = 2 * time.Minute
	sessionTTL  = 24 * time.Hour // longer than any session
	callTTL     = 24 * time.Hour // how long an Idempotency-Key is known
	ackWait     = 30 * time.Second
	// inFlight is how many messages of one durable may be unacknowledged at once: what
	// the engine holds in memory, and how many keys it can work on in parallel.
	inFlight = 256
)

func streams(replicas int) []jetstream.StreamConfig {
	kept := func(name, what string, subjects ...string) jetstream.StreamConfig {
		return jetstream.StreamConfig{
			Name: name, Description: what, Subjects: subjects, Replicas: replicas,
			Storage: jetstream.FileStorage, Retention: jetstream.LimitsPolicy,
			MaxAge: retention, Discard: jetstream.DiscardNew, AllowDirect: true,
		}
	}
	inbox := kept(Inbox, "what CaseHug and Smokeball tell the engine", "casehug.>", Bound+"casehug.>", "smokeball.>")
	outbox := kept(Outbox, "what the engine tells CaseHug", "sync.>")
	outbox.Duplicates = dedupWindow
	return []jetstream.StreamConfig{void(replicas), withoutDedup(inbox), outbox}
}

// void is a stream that never holds a message; see withoutDedup.
func void(replicas int) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: voidStream, Description: "never holds a message; a stream that has a source has no deduplication window", Subjects: []string{"_ENGINE.void"},
		Replicas: replicas, Storage: jetstream.MemoryStorage, MaxMsgs: 1, MaxBytes: 1, MaxMsgSize: 1, Discard: jetstream.DiscardNew,
	}
}

const voidStream = "ENGINE_VOID"

// withoutDedup makes a stream store every message, whatever its Nats-Msg-Id is: publishers of
// different firms choose those ids, and the server would drop one firm's message whose id another
// firm has used. The ledger recognises repeated events by firm, source and id. A window of 0
// means the server's default, except for a stream that has a source; hence the void stream.
func withoutDedup(c jetstream.StreamConfig) jetstream.StreamConfig {
	c.Duplicates, c.Sources = 0, []*jetstream.StreamSource{{Name: voidStream}}
	return c
}

// keyValues are the streams of the key-value buckets as the library makes them, but without
// direct gets: those any replica may answer, even one that lags, and an engine would not see that
// another engine has just connected a firm.
func keyValues(replicas int) []jetstream.StreamConfig {
	kept := func(bucket, what string, lifetime time.Duration) jetstream.StreamConfig {
		c := jetstream.StreamConfig{
			Name: "KV_" + bucket, Description: what, Subjects: []string{"$KV." + bucket + ".>"}, Replicas: replicas,
			Storage: jetstream.FileStorage, MaxMsgsPerSubject: 1, MaxAge: lifetime, Duplicates: dedupWindow,
			Discard: jetstream.DiscardNew, AllowRollup: true, DenyDelete: true, AllowDirect: false,
		}
		if lifetime > 0 {
			c.Duplicates = min(lifetime, dedupWindow)
		}
		return c
	}
	return []jetstream.StreamConfig{
		kept(Tokens, "sealed tokens and webhook keys", 0),
		kept(State, "checkpoints", 0),
		kept(Leases, "who works on which allowance", LeaseLifetime),
		kept(Sessions, "who is signed in to the console", sessionTTL),
		kept(Calls, "which calls were made with an Idempotency-Key", callTTL),
	}
}

func objectStores(replicas int) []jetstream.ObjectStoreConfig {
	return []jetstream.ObjectStoreConfig{
		{Bucket: Documents, Description: "documents on their way to Smokeball", Replicas: replicas, TTL: documentLifetime},
	}
}

// durable is a consumer of the engine; its name is the topic.
type durable struct {
	name, stream string
	filters      []string
}

func durables() []durable {
	return []durable{
		{name: Intake, stream: Inbox, filters: []string{"casehug.>", Bound + "casehug.>"}},
		{name: Webhooks, stream: Inbox, filters: []string{"smokeball.>"}},
	}
}

func (d durable) config() jetstream.ConsumerConfig {
	return jetstream.ConsumerConfig{
		Durable: d.name, FilterSubjects: d.filters,
		DeliverPolicy: jetstream.DeliverAllPolicy, AckPolicy: jetstream.AckExplicitPolicy,
		AckWait: ackWait, MaxDeliver: -1, MaxAckPending: inFlight,
	}
}

// provision creates or updates everything in the table. It is idempotent, also when another
// engine does it at the same moment.
func (b *Bus) provision(ctx context.Context, c Config) error {
	var stores, consumers []step
	for _, s := range append(streams(c.Replicas), keyValues(c.Replicas)...) {
		stores = append(stores, step{"stream " + s.Name, func(ctx context.Context) error { return b.makeStream(ctx, s, c.room()) }})
	}
	for _, o := range objectStores(c.Replicas) {
		stores = append(stores, step{"bucket " + o.Bucket, func(ctx context.Context) error { return b.makeObjectStore(ctx, o) }})
	}
	for _, d := range durables() {
		consumers = append(consumers, step{"consumer " + d.name, func(ctx context.Context) error {
			_, err := b.js.CreateOrUpdateConsumer(ctx, d.stream, d.config())
			return err
		}})
	}
	if err := b.makeAll(ctx, stores); err != nil {
		return err
	}
	return b.makeAll(ctx, consumers) // a consumer needs its stream
}

func (b *Bus) makeStream(ctx context.Context, c jetstream.StreamConfig, room int64) (err error) {
	if c.Replicas, err = replicasOf(ctx, b.js, c.Name, c.Replicas); err != nil {
		return err
	}
	if c.Name == Inbox || c.Name == Outbox {
		if c.MaxBytes, err = b.sizeOf(ctx, c.Name, room); err != nil {
			return err
		}
	}
	_, err = b.js.CreateOrUpdateStream(ctx, c)
	return err
}

func (b *Bus) makeObjectStore(ctx context.Context, c jetstream.ObjectStoreConfig) (err error) {
	if c.Replicas, err = replicasOf(ctx, b.js, "OBJ_"+c.Bucket, c.Replicas); err != nil {
		return err
	}
	if c.MaxBytes, err = b.sizeOf(ctx, "OBJ_"+c.Bucket, documentRoom); err != nil {
		return err
	}
	_, err = b.js.CreateOrUpdateObjectStore(ctx, c)
	return err
}

// replicasOf returns how many replicas a stream is to have: a command that is run without
// ENGINE_REPLICAS must not take any away. To lower their number: nats stream edit --replicas.
func replicasOf(ctx context.Context, js jetstream.JetStream, name string, configured int) (int, error) {
	s, err := js.Stream(ctx, name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return configured, nil
	}
	if err != nil {
		return 0, fmt.Errorf("find stream %s: %w", name, err)
	}
	return max(configured, s.CachedInfo().Config.Replicas), nil
}

// makeAll runs steps concurrently and returns the first error in the table's order.
func (b *Bus) makeAll(ctx context.Context, steps []step) error {
	faults := make([]error, len(steps))
	var all sync.WaitGroup
	for i, s := range steps {
		all.Go(func() { faults[i] = b.retrier.agree(ctx, s.make) })
	}
	all.Wait()
	for i, err := range faults {
		if err != nil {
			return fmt.Errorf("make %s: %w", steps[i].what, err)
		}
	}
	return nil
}

// step makes one entry of the table.
type step struct {
	what string
	make func(context.Context) error
}
