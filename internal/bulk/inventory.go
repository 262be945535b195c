package bulk

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/keyed"
)

// Account reads an account as a whole, page by page; *smokeball.Client does.
type Account interface {
	// EachContact and EachMatter yield what changed since a time (zero: all).
	EachContact(ctx context.Context, f domain.FirmID, since time.Time, fn func([]domain.SmokeballContact)) error
	EachMatter(ctx context.Context, f domain.FirmID, since time.Time, fn func([]domain.SmokeballMatter)) error
}

// Inventory is what the accounts of firms with a bulk sync hold, read once as a whole and then
// brought up to date by what changed. It answers what a sync would ask Smokeball before
// it creates something, without a call.
type Inventory struct {
	Account Account
	// Connected names the connection of a firm, another one after each authorization: what another
	// account held says nothing about this one.
	Connected func(context.Context, domain.FirmID) (string, error)
	// Count has the calls under ctx counted in n, and no longer as those of the sync that asks: an
	// account is read for all of them.
	Count func(ctx context.Context, n *atomic.Int64) context.Context
	Now   func() time.Time

	reading keyed.Mutex[domain.FirmID]
	mu      sync.Mutex
	firms   map[domain.FirmID]*holdings
}

const (
	// fresh is how long the inventory counts without another look. Smokeball itself may take
	// seconds to show what it has accepted.
	fresh = time.Minute
	// overlap is read again with each look: Smokeball's clock is not ours.
	overlap = 2 * time.Minute
)

// holdings is what one account holds.
type holdings struct {
	mu    sync.Mutex
	of    string // the connection by which it was read
	asOf  time.Time
	calls atomic.Int64 // since they were taken last
	held
}

// held is what was read, in the order of the questions.
type held struct {
	contacts map[domain.SmokeballID]domain.SmokeballContact
	matters  map[domain.SmokeballID]domain.SmokeballMatter
	byEmail  map[string]map[domain.SmokeballID]bool
	byWord   map[string]map[domain.SmokeballID]bool // of a contact's name
	byNumber map[string]map[domain.SmokeballID]bool
	byOurs   map[string]map[domain.SmokeballID]bool // matters by their external id
	byClient map[domain.SmokeballID]map[domain.SmokeballID]bool
}

func nothingHeld() held {
	return held{contacts: map[domain.SmokeballID]domain.SmokeballContact{}, matters: map[domain.SmokeballID]domain.SmokeballMatter{},
		byEmail: map[string]map[domain.SmokeballID]bool{}, byWord: map[string]map[domain.SmokeballID]bool{}, byNumber: map[string]map[domain.SmokeballID]bool{},
		byOurs: map[string]map[domain.SmokeballID]bool{}, byClient: map[domain.SmokeballID]map[domain.SmokeballID]bool{}}
}

// Open reads a firm's account, unless that is known. Until Close its syncs are answered from it.
func (i *Inventory) Open(ctx context.Context, f domain.FirmID) error {
	i.mu.Lock()
	if i.firms == nil {
		i.firms = map[domain.FirmID]*holdings{}
	}
	if i.firms[f] == nil {
		i.firms[f] = &holdings{held: nothingHeld()}
	}
	h := i.firms[f]
	i.mu.Unlock()
	return i.refresh(ctx, f, h)
}

// Close forgets a firm's account.
func (i *Inventory) Close(f domain.FirmID) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.firms, f)
}

// counting has the calls under ctx counted like those that read the firm's account.
func (i *Inventory) counting(ctx context.Context, f domain.FirmID) context.Context {
	if h := i.of(f); h != nil {
		return i.Count(ctx, &h.calls)
	}
	return ctx
}

// TakeCalls returns how many calls were made since it was asked last, for a firm's inventory and under
// counting.
func (i *Inventory) TakeCalls(f domain.FirmID) int {
	h := i.of(f)
	if h == nil {
		return 0
	}
	return int(h.calls.Swap(0))
}

func (i *Inventory) of(f domain.FirmID) *holdings {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.firms[f]
}

// refresh reads what changed since the last look, one reader at a time for a firm.
func (i *Inventory) refresh(ctx context.Context, f domain.FirmID, h *holdings) error {
	unlock, err := i.reading.Lock(ctx, f)
	if err != nil {
		return err
	}
	defer unlock()
	connection, err := i.Connected(ctx, f)
	if err != nil {
		return err
	}
	asOf := h.since(connection)
	begun := i.Now()
	if !asOf.IsZero() && begun.Sub(asOf) < fresh {
		return nil
	}
	var since time.Time
	if !asOf.IsZero() {
		since = asOf.Add(-overlap)
	}
	counted := i.Count(ctx, &h.calls)
	if err := i.Account.EachContact(counted, f, since, h.addContacts); err != nil {
		return err
	}
	if err := i.Account.EachMatter(counted, f, since, h.addMatters); err != nil {
		return err
	}
	switch now, err := i.Connected(ctx, f); {
	case err != nil:
		return err
	case now != connection:
		return errReconnected
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asOf = begun
	return nil
}

var errReconnected = errors.New("the firm was connected again while its account was read")

// since is up to when the account was read by a connection. What another one has read is
// dropped.
func (h *holdings) since(connection string) time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.of != connection {
		h.of, h.asOf, h.held = connection, time.Time{}, nothingHeld()
	}
	return h.asOf
}

func (h *holdings) addContacts(list []domain.SmokeballContact) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range list {
		if was, ok := h.contacts[c.ID]; ok {
			index(h.byEmail, emailKey(was.Email), c.ID, false)
			for _, w := range wordsOf(was) {
				index(h.byWord, w, c.ID, false)
			}
		}
		if c.Deleted {
			delete(h.contacts, c.ID)
			continue
		}
		h.contacts[c.ID] = c
		index(h.byEmail, emailKey(c.Email), c.ID, true)
		for _, w := range wordsOf(c) {
			index(h.byWord, w, c.ID, true)
		}
	}
}

func (h *holdings) addMatters(list []domain.SmokeballMatter) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range list {
		if was, ok := h.matters[m.ID]; ok {
			h.list(was, false)
		}
		h.matters[m.ID] = m
		h.list(m, true)
	}
}

func (h *holdings) list(m domain.SmokeballMatter, there bool) {
	index(h.byNumber, domain.Fold(m.Number), m.ID, there)
	index(h.byOurs, m.ExternalID, m.ID, there)
	for _, c := range m.ClientIDs {
		index(h.byClient, c, m.ID, there)
	}
}

// index adds an id under a key, or takes it out.
func index[K ~string](by map[K]map[domain.SmokeballID]bool, key K, id domain.SmokeballID, there bool) {
	switch {
	case key == "":
	case !there:
		if delete(by[key], id); len(by[key]) == 0 {
			delete(by, key)
		}
	default:
		if by[key] == nil {
			by[key] = map[domain.SmokeballID]bool{}
		}
		by[key][id] = true
	}
}

func emailKey(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

func wordsOf(c domain.SmokeballContact) []string {
	return strings.Fields(domain.Fold(c.Name().String()))
}

// Contacts are the contacts that q leaves, as a search of Smokeball would show them or more. ok is
// false where the account has not been read.
func (i *Inventory) Contacts(ctx context.Context, f domain.FirmID, q domain.ContactQuery) (found []domain.SmokeballContact, ok bool, err error) {
	h := i.of(f)
	if h == nil || (q.Email == "" && q.Name == "") {
		return nil, false, nil
	}
	if err := i.refresh(ctx, f, h); err != nil {
		return nil, true, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.asOf.IsZero() { // dropped meanwhile
		return nil, false, nil
	}
	for id := range h.contactsFor(q) {
		found = append(found, h.contacts[id])
	}
	slices.SortFunc(found, func(a, b domain.SmokeballContact) int {
		return cmp.Or(cmp.Compare(a.LastUpdated, b.LastUpdated), cmp.Compare(a.ID, b.ID))
	})
	return found, true, nil
}

// contactsFor are by e-mail address, else those whose name has every word.
func (h *holdings) contactsFor(q domain.ContactQuery) map[domain.SmokeballID]bool {
	if q.Email != "" {
		return h.byEmail[emailKey(q.Email)]
	}
	var all map[domain.SmokeballID]bool
	for _, w := range strings.Fields(domain.Fold(q.Name)) {
		if all == nil {
			all = maps.Clone(h.byWord[w])
			continue
		}
		maps.DeleteFunc(all, func(id domain.SmokeballID, _ bool) bool { return !h.byWord[w][id] })
	}
	return all
}

// Matters are the matters with the number, the client or our id. ok is false where the account has
// not been read.
func (i *Inventory) Matters(ctx context.Context, f domain.FirmID, q domain.MatterQuery, ours domain.MatterID) (found []domain.SmokeballMatter, ok bool, err error) {
	h := i.of(f)
	if h == nil {
		return nil, false, nil
	}
	if err := i.refresh(ctx, f, h); err != nil {
		return nil, true, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.asOf.IsZero() { // dropped meanwhile
		return nil, false, nil
	}
	ids := map[domain.SmokeballID]bool{}
	maps.Copy(ids, h.byOurs[string(ours)])
	if q.Text != "" {
		maps.Copy(ids, h.byNumber[domain.Fold(q.Text)])
	}
	if q.Contact != "" {
		maps.Copy(ids, h.byClient[q.Contact])
	}
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		found = append(found, h.matters[id])
	}
	return found, true, nil
}
