package auth

import (
	"net/http"
	"sync"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/problem"
)

const (
	// MaxBody is the most bytes of the body of a signed-in caller's request.
	MaxBody = 1 << 20
	// MaxForm is the most bytes of a form of the console.
	MaxForm = 64 << 10
	// BodyTimeout is how long a body may take to arrive.
	BodyTimeout = 10 * time.Second
)

const (
	// maxUnknown is how many bodies of unknown callers are read at once, of 64 KiB each at most.
	maxUnknown = 512
	// maxToOne is how many of them may come to one firm's webhook address.
	maxToOne = 32
	// maxFromOne is how many of them may come from one network address.
	maxFromOne = 64
)

// Bodies limits the memory that bodies of unknown callers may take. Those that come from one
// network address, or to one firm's webhook address, have a share of the places.
type Bodies struct {
	share int // places of one
	mu    sync.Mutex
	total int
	of    map[string]int
}

// NewForms limits the forms of unknown callers, by network address.
func NewForms() *Bodies { return &Bodies{share: maxFromOne} }

// NewNotifications limits notifications, by the firm that they are about.
func NewNotifications() *Bodies { return &Bodies{share: maxToOne} }

// Enter takes a place for who, or fails if there is none.
func (b *Bodies) Enter(who string) (leave func(), err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.total >= maxUnknown || b.of[who] >= b.share {
		return nil, problem.New(http.StatusServiceUnavailable, codeTooMany, "Too many requests are being read.", "Try again in a moment.").With("Retry-After", "1")
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

// Form lets h read the form of a caller who is not known yet.
func (b *Bodies) Form(pages Pages, h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		leave, err := b.Enter(addressOf(r))
		if err != nil {
			w.Header().Set("Connection", "close") // else the server would read the body before it answers
			pages.Refuse(w, r, err)
			return
		}
		defer leave()
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(BodyTimeout)) // a writer without deadlines has no slow client
		r.Body = http.MaxBytesReader(w, r.Body, MaxForm)
		_ = r.ParseForm() // what is no form has no values
		h(w, r)
	}
}
