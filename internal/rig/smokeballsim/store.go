package smokeballsim

import (
	"cmp"
	"context"
	"net/http"
	"sync"
)

// store is what the simulated Smokeball knows, and what is on its way in it.
type store struct {
	config Config
	apps   []*app
	types  []matterType
	client *http.Client  // sends webhooks
	slots  chan struct{} // bounds the webhooks that are on their way at once

	effect func(write) // lets a write take effect; called with the lock held

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	wait   sync.WaitGroup // everything that waits or delivers

	mu sync.Mutex // guards everything below; request handlers run with it held
	chance
	url        string // how others reach the server; "": not known yet
	accounts   []*account
	codes      map[string]grant
	access     map[string]grant
	refresh    map[string]grant
	moving     map[string]transfer
	pending    []write               // in the order of their time
	revised    map[string]matterType // types that were edited, by id
	starts     uint64                // how often the state file was taken up again
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

// webhooks sends notifications to those who subscribed.
type webhooks struct{ *store }

// views shows what the store holds as the API does, and checks what comes in for it.
type views struct{ *store }

// transfers takes the bytes of files in and gives them out.
type transfers struct{ *store }
