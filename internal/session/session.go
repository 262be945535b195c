// Package session keeps who is signed in to the console: sealed in a NATS bucket, so that a
// session survives a restart, is known to every engine, and ends on all of them at once.
package session

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/vault"
)

const (
	// Idle is how long a session lasts in which nobody does anything.
	Idle = time.Hour
	// Longest is how long a session lasts at all, if its token lasts that long.
	Longest = 12 * time.Hour
	// noted is how exactly it is noted when somebody did something.
	noted = time.Minute
)

// Secrets keep sealed values by name. A writer names the revision that it has seen.
type Secrets interface {
	// Load opens a secret and returns its revision; vault.ErrNone: there is none.
	Load(ctx context.Context, name string) (data []byte, revision uint64, err error)
	// Save keeps a secret provided revision is still its newest (0: there is none), and
	// returns the new one; vault.ErrStale: somebody else was first.
	Save(ctx context.Context, name string, data []byte, revision uint64) (uint64, error)
	// Destroy removes a secret and its earlier values.
	Destroy(ctx context.Context, name string) error
}

// Sessions are the sessions of the console.
type Sessions struct {
	Secrets Secrets // of a bucket of their own, whose entries end by themselves
	Now     func() time.Time
}

// session is what is kept under a session's mark.
type session struct {
	Token string    `json:"token"`
	Began time.Time `json:"began"`
	Seen  time.Time `json:"seen"`
}

func (s session) over(now time.Time) bool {
	return now.Sub(s.Began) >= Longest || now.Sub(s.Seen) >= Idle
}

func name(tag string) string { return "session." + tag }

// Begin begins a session of the token's owner and returns its id: 256 random bits.
func (s Sessions) Begin(ctx context.Context, token string) (string, error) {
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails: crypto/rand ends the process instead
	id := base64.RawURLEncoding.EncodeToString(random)
	sum := sha256.Sum256([]byte(id))
	now := s.Now().UTC()
	_, err := s.save(ctx, hex.EncodeToString(sum[:]), session{Token: token, Began: now, Seen: now}, 0)
	return id, err
}

// Token is the token that the session began with; active says that a person does something
// in it now. A session that has ended is a Rejection (Denied).
func (s Sessions) Token(ctx context.Context, tag string, active bool) (string, error) {
	data, revision, err := s.Secrets.Load(ctx, name(tag))
	if errors.Is(err, vault.ErrNone) {
		return "", ended("The session has ended")
	}
	if err != nil {
		return "", fmt.Errorf("find a session: %w", err)
	}
	var kept session
	if err := json.Unmarshal(data, &kept); err != nil {
		return "", fmt.Errorf("read a session: %w", err)
	}
	now := s.Now().UTC()
	if kept.over(now) {
		return "", ended("The session has ended after a time of rest")
	}
	if active && now.Sub(kept.Seen) >= noted {
		kept.Seen = now
		if _, err := s.save(ctx, tag, kept, revision); err != nil && !errors.Is(err, vault.ErrStale) {
			return "", err
		}
	}
	return kept.Token, nil
}

// End ends the session, on every engine.
func (s Sessions) End(ctx context.Context, tag string) error {
	return s.Secrets.Destroy(ctx, name(tag))
}

func (s Sessions) save(ctx context.Context, tag string, kept session, revision uint64) (uint64, error) {
	data, err := json.Marshal(kept)
	if err != nil {
		return 0, fmt.Errorf("keep a session: %w", err)
	}
	return s.Secrets.Save(ctx, name(tag), data, revision)
}

func ended(message string) error {
	return &domain.Rejection{Reason: domain.Denied, Failure: domain.Failure{Code: domain.CodeNotSignedIn, Message: message,
		Remedy: "Open Smokeball sync from CaseHug: it signs you in."}}
}
