package auth

import (
	"net/http"
	"sync"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/problem"
)

const (
	// MaxBody limits the bytes of the body of a signed-in caller's request.
	MaxBody = 1 << 20
	// MaxForm limits the bytes of a form of the console.
	MaxForm = 64 << 10
	// BodyTimeout is how long a body may take to arrive.
	BodyTimeout = 10 * time.Second
)

const (
	// maxUnknown limits the bodies of unknown callers that are read at once, 64 KiB each.
	maxUnknown = 512
	// maxToOne limits those that arrive at one firm's webhook address.
	maxToOne = 96
	// maxFromOne limits those that come from one network address.
	maxFromOne = 64
)

// Bodies limits the memory that bodies of unknown callers may take. One network address, or
// one firm's webhook address, may use only a part of the places.
type Bodies struct {
	share int // places that one key may use
	mu    sync.Mutex
	total int
	of    map[string]int
}

// NewForms limits the forms of unknown callers, by network address.
func NewForms() *Bodies { return &Bodies{share: maxFromOne} }

// NewWebhooks limits webhooks, by firm.
func NewWebhooks() *Bodies { return &Bodies{share: maxToOne} }

// Enter reserves a place for who, or fails if none is free. leave releases it.
func (b *Bodies) Enter(who string) (leave func(), err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.total >= maxUnknown || b.of[who] >= b.share {
		return nil, problem.New(http.StatusServiceUnavailable, problem.CodeTooManyRequests, "Too many requests are being read.", "Try again in a moment.").With("Retry-After", "1")
	}
	if b.of == nil {
		b.of = map[string]int{}
	}
	b.total++
	b.of[who]++
	return func() { b.leave(who) }, nil
}

func (b *Bodies) leave(who string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.total--
	if b.of[who]--; b.of[who] == 0 {
		delete(b.of, who)
	}
}

// Form parses the form of an unknown caller, within the limits, before it calls h.
func (b *Bodies) Form(pages Pages, h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		leave, err := b.Enter(addressOf(r))
		if err != nil {
			w.Header().Set("Connection", "close") // else the server would read the body before it answers
			pages.Refuse(w, r, err)
			return
		}
		defer leave()
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(BodyTimeout)) // fails only for a writer without a connection
		r.Body = http.MaxBytesReader(w, r.Body, MaxForm)
		_ = r.ParseForm() // a body that is not a form leaves no values
		h(w, r)
	}
}
