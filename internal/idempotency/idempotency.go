// Package idempotency makes calls that are sent again with their Idempotency-Key have the effect
// and the answer of one call.
//
// Before a call is carried out, its key is on record with a fingerprint of the call and a random
// token, from which the ids of what the call creates are derived. So a call that is repeated after
// the engine was killed on the way creates the same things and no second ones. Its answer is on
// record before the caller gets it.
package idempotency

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/casehug/smokeball-sync/internal/keyed"
	"github.com/casehug/smokeball-sync/internal/vault"
)

// Secrets keeps sealed values with optimistic concurrency; *secrets.Bucket implements it.
type Secrets interface {
	// Load opens a secret and returns its revision; vault.ErrNone: there is none.
	Load(ctx context.Context, name string) (data []byte, revision uint64, err error)
	// Save keeps a secret provided revision is still its newest (0: there is none), and
	// returns the new one; vault.ErrStale: somebody else was first.
	Save(ctx context.Context, name string, data []byte, revision uint64) (uint64, error)
	// Destroy removes a secret and its earlier values.
	Destroy(ctx context.Context, name string) error
	// Names lists the secrets whose names begin with kind and a dot.
	Names(ctx context.Context, kind string) ([]string, error)
}

// Calls keeps which calls were made with which keys.
type Calls struct {
	Secrets Secrets // of a bucket of their own, whose entries end by themselves

	underWay keyed.Mutex[string]
}

// Key says whose key it is: the same key of two callers is two keys.
type Key struct {
	Firm, Caller, Key string
}

// record is what is kept of a call.
type record struct {
	Fingerprint string  `json:"fingerprint"`
	Token       string  `json:"token"`
	Answer      *Answer `json:"answer,omitempty"` // nil: it is not known what came of the call
}

// Answer is what the caller was told.
type Answer struct {
	Status int                 `json:"status"`
	Header map[string][]string `json:"header"`
	Body   []byte              `json:"body"`
}

// ErrUsed says that the key was used for another call.
var ErrUsed = errors.New("the key was used for another call")

// Call is a call that has a key.
type Call struct {
	// Answer is what it was answered before; nil: carry it out.
	Answer *Answer
	// Token is what the ids of things that it creates are derived from. It is the same when the
	// call is carried out again.
	Token string

	calls    *Calls
	name     string
	record   record
	revision uint64
	unlock   func()
}

// Begin puts the call on record, or finds it there. A call with the same key waits until this one
// has ended; the caller of Begin calls End.
func (c *Calls) Begin(ctx context.Context, k Key, fingerprint string) (*Call, error) {
	name := k.name()
	unlock, err := c.underWay.Lock(ctx, name)
	if err != nil {
		return nil, err
	}
	call := &Call{calls: c, name: name, unlock: unlock}
	if err := call.begin(ctx, fingerprint); err != nil {
		unlock()
		return nil, err
	}
	return call, nil
}

// name tells nobody who the caller is or what key they chose.
func (k Key) name() string {
	sum := sha256.Sum256([]byte(k.Caller + "\x00" + k.Key))
	return "call." + cmp.Or(k.Firm, "_") + "." + hex.EncodeToString(sum[:16])
}

func (c *Call) begin(ctx context.Context, fingerprint string) error {
	for {
		err := c.load(ctx)
		if err == nil && c.record.Fingerprint != fingerprint {
			return ErrUsed
		}
		if err == nil {
			c.Answer, c.Token = c.record.Answer, c.record.Token
			return nil
		}
		if !errors.Is(err, vault.ErrNone) {
			return fmt.Errorf("find a call by its key: %w", err)
		}
		c.record = record{Fingerprint: fingerprint, Token: rand.Text()}
		err = c.save(ctx)
		if err == nil {
			c.Token = c.record.Token
			return nil
		}
		if !errors.Is(err, vault.ErrStale) { // else another engine put it on record
			return err
		}
	}
}

// Keep puts the answer on record, and returns the one that is there: that of another engine, if it
// carried out the same call and was first.
func (c *Call) Keep(ctx context.Context, a Answer) (Answer, error) {
	c.record.Answer = &a
	err := c.save(ctx)
	if errors.Is(err, vault.ErrStale) {
		if err = c.load(ctx); err == nil && c.record.Answer != nil {
			return *c.record.Answer, nil
		}
	}
	return a, err
}

// Forget takes the key off the record: the call was refused and nothing came of it, so that the
// key may be used for the corrected call.
func (c *Call) Forget(ctx context.Context) error { return c.calls.Secrets.Destroy(ctx, c.name) }

// Erase destroys what a firm's calls were answered, where pick says so. Such a call, sent again, is
// carried out again with its token.
func (c *Calls) Erase(ctx context.Context, firm string, pick func(body []byte) bool) error {
	names, err := c.Secrets.Names(ctx, "call."+firm)
	if err != nil {
		return err
	}
	for _, name := range names {
		call := &Call{calls: c, name: name}
		err := call.load(ctx)
		if errors.Is(err, vault.ErrNone) {
			continue // it has ended by itself
		}
		if err != nil {
			return err
		}
		if a := call.record.Answer; a == nil || !pick(a.Body) {
			continue
		}
		call.record.Answer = nil
		if err := call.save(ctx); err != nil {
			return err
		}
	}
	return nil
}

// End lets the next call with the key begin.
func (c *Call) End() { c.unlock() }

func (c *Call) load(ctx context.Context) error {
	data, revision, err := c.calls.Secrets.Load(ctx, c.name)
	if err != nil {
		return err
	}
	c.revision = revision
	c.record = record{}
	if err := json.Unmarshal(data, &c.record); err != nil {
		return fmt.Errorf("read what is kept of a call: %w", err)
	}
	return nil
}

func (c *Call) save(ctx context.Context) error {
	data, err := json.Marshal(c.record)
	if err != nil {
		return fmt.Errorf("keep a call: %w", err)
	}
	revision, err := c.calls.Secrets.Save(ctx, c.name, data, c.revision)
	if err == nil {
		c.revision = revision
	}
	return err
}

// Fingerprint is the same for calls that ask for the same: a JSON body counts without its blanks
// and whatever the order of its members. about is what else tells calls apart.
func Fingerprint(body []byte, about ...string) string {
	var v any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if d.Decode(&v) == nil && d.Decode(new(any)) == io.EOF {
		if canonical, err := json.Marshal(v); err == nil {
			body = canonical
		}
	}
	h := sha256.New()
	for _, part := range append(about, string(body)) {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil))
}
