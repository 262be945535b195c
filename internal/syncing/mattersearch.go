package syncing

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

const (
	// searchLimit is how many matters one search shows.
	searchLimit = 50
	// searchLive is how long what a search found is remembered.
	searchLive = 30 * time.Second
	// searchesKept is how many searches are remembered at once.
	searchesKept = 1000
)

// Search finds matters of the firm's Smokeball account by name, number or client, as Smokeball
// searches, with at most two calls. more reports that there are others. What was found is
// remembered for half a minute.
func (l *Links) Search(ctx context.Context, f domain.FirmID, text string) (list []domain.FoundMatter, more bool, err error) {
	ctx, account, err := l.account(ctx, f)
	if err != nil {
		return nil, false, err
	}
	key := searchKey{f, account, strings.ToLower(strings.TrimSpace(text))}
	found, ok := l.found.get(key, l.Now())
	if !ok {
		if found, err = l.search(ctx, f, text); err != nil {
			return nil, false, err
		}
		l.found.put(key, found, l.Now())
	}
	for _, m := range found.matters {
		if m.LinkedTo, err = l.holder(ctx, f, "", m.SmokeballMatter); err != nil {
			return nil, false, err
		}
		list = append(list, m)
	}
	return list, found.more, nil
}

func (l *Links) search(ctx context.Context, f domain.FirmID, text string) (s matterSearch, err error) {
	matters, more, err := l.Smokeball.SearchMatters(ctx, f, text, searchLimit)
	if err != nil {
		return s, err
	}
	var ids []domain.SmokeballID
	seen := map[domain.SmokeballID]bool{}
	for _, m := range matters {
		for _, id := range m.ClientIDs {
			if !seen[id] && len(ids) < mostContacts {
				seen[id] = true
				ids = append(ids, id)
			}
		}
	}
	contacts, err := l.contacts(ctx, f, ids)
	if err != nil {
		return s, err
	}
	s.more = more
	for _, m := range matters {
		if !m.Gone() {
			s.matters = append(s.matters, withPeople(m, contacts))
		}
	}
	return s, nil
}

// mostContacts is how many contacts one call reads.
const mostContacts = 500

// searchKey names a search in an account.
type searchKey struct {
	firm    domain.FirmID
	account string
	text    string
}

// matterSearch is what a search found.
type matterSearch struct {
	matters []domain.FoundMatter
	more    bool
	until   time.Time
}

// matterSearches remember what was found. The zero value is ready.
type matterSearches struct {
	mu    sync.Mutex
	known map[searchKey]matterSearch
}

func (s *matterSearches) get(k searchKey, now time.Time) (matterSearch, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.known[k]
	return found, ok && now.Before(found.until)
}

func (s *matterSearches) put(k searchKey, found matterSearch, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for old, f := range s.known {
		if !now.Before(f.until) {
			delete(s.known, old)
		}
	}
	if s.known == nil || len(s.known) >= searchesKept {
		s.known = map[searchKey]matterSearch{}
	}
	found.until = now.Add(searchLive)
	s.known[k] = found
}
