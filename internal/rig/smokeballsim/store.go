package smokeballsim

import (
	"cmp"
	"context"
	"net/http"
	"sync"
)

// store is the simulated Smokeball's state, with pending writes.
type store struct {
	config Config
	apps   []*app
	types  []matterType
	client *http.Client  // sends webhooks
	slots  chan struct{} // bounds the webhooks that are in flight at once

	effect func(write) // applies a write; called with the lock held

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	wait   sync.WaitGroup // all background goroutines

	mu sync.Mutex // guards everything below; request handlers run with it held
	chance
	url        string // the server's public address; "": not known yet
	accounts   []*account
	codes      map[string]grant
	access     map[string]grant
	refresh    map[string]grant
	moving     map[string]transfer
	pending    []write               // in the order of their time
	revised    map[string]matterType // types that were edited, by id
	starts     uint64                // how often a server has started with the state file
	rules      []*rule
	log        requestLog
	deliveries []Delivery
	kept       int64 // bytes of file contents in memory
	closed     bool
}

func newStore(c Config, was memory) *store {
	s := &store{
		config: c, apps: newApps(c), types: matterTypes(), client: hookClient(c), starts: was.Starts,
		slots: make(chan struct{}, 32), chance: newChance(c.Seed, was.Starts), url: cmp.Or(c.URL, was.URL),
		codes: map[string]grant{}, access: map[string]grant{}, refresh: map[string]grant{},
		moving: map[string]transfer{}, revised: map[string]matterType{}, log: newRequestLog(),
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// signIn is Smokeball's OAuth: consents, codes and tokens.
type signIn struct{ *store }

// webhooks sends webhooks to the subscriptions.
type webhooks struct{ *store }

// views renders the store's resources for the API, and checks requests against them.
type views struct{ *store }

// transfers receives and sends the bytes of files.
type transfers struct{ *store }
