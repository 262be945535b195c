package bus

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net"
	"net/netip"
	"sync"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/time/rate"
)

// passwordGuard authenticates users by passwords or nkeys. The server itself would compare a
// bcrypt hash, which is slow on purpose, for everybody who tries a password. The guard limits the
// tries of each address, compares one hash at a time, and recognises a password that was right
// before without bcrypt.
type passwordGuard struct {
	byName map[string]*server.User
	byKey  map[string]*server.User
	engine string // the engine's own key, which is accepted inside the process only
	// account is the running server's account of that name: the options have copies.
	account func(name string) (*server.Account, error)

	comparing sync.Mutex
	key       []byte // of the keyed hashes in proofs, for this start only

	mu     sync.Mutex
	proofs map[string][]byte // by user name: the keyed hash of the password that was right
	tries  map[netip.Prefix]*rate.Limiter
}

// An address may try triesAtOnce passwords at once, and then one every few seconds.
const (
	triesAtOnce    = 8
	triesPerSecond = 0.2
	addressesMost  = 10_000
)

// newPasswordGuard moves the options' users into a guard.
func newPasswordGuard(o *server.Options, engineKey string, account func(string) (*server.Account, error)) {
	d := &passwordGuard{byName: map[string]*server.User{}, byKey: map[string]*server.User{}, engine: engineKey, account: account,
		key: make([]byte, sha256.Size), proofs: map[string][]byte{}, tries: map[netip.Prefix]*rate.Limiter{}}
	_, _ = rand.Read(d.key) // never fails: crypto/rand ends the program instead
	for _, u := range o.Users {
		d.byName[u.Username] = u
	}
	for _, n := range o.Nkeys {
		d.byKey[n.Nkey] = &server.User{Username: n.Nkey, Account: n.Account, Permissions: n.Permissions}
	}
	o.Users, o.Nkeys = nil, nil
	o.CustomClientAuthentication, o.AlwaysEnableNonce = d, true

}

// Check implements [server.Authentication].
func (d *passwordGuard) Check(c server.ClientAuthentication) bool {
	known := d.known(c)
	if known == nil {
		return false
	}
	user := *known
	var err error
	if user.Account, err = d.account(known.Account.Name); err != nil {
		return false
	}
	c.RegisterUser(&user)
	return true
}

func (d *passwordGuard) known(c server.ClientAuthentication) *server.User {
	opts := c.GetOpts()
	if opts.Nkey != "" {
		user := d.byKey[opts.Nkey]
		if user == nil || !signed(opts.Nkey, opts.Sig, c.GetNonce()) || opts.Nkey == d.engine && !inside(c.RemoteAddress()) {
			return nil
		}
		return user
	}
	user := d.byName[opts.Username]
	if user == nil || !d.opens(user, opts.Password, c.RemoteAddress()) {
		return nil
	}
	return user
}

// opens compares the password, unless its address has tried too often.
func (d *passwordGuard) opens(u *server.User, password string, from net.Addr) bool {
	proof := d.proof(u.Username, password)
	if d.proven(u.Username, proof) {
		return true
	}
	if !d.triesOf(from).Allow() {
		return false
	}
	d.comparing.Lock()
	defer d.comparing.Unlock()
	if d.proven(u.Username, proof) { // by the comparison that this one waited for
		return true
	}
	if bcrypt.CompareHashAndPassword([]byte(u.Password), []byte(password)) != nil {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.proofs[u.Username] = proof
	return true
}

func (d *passwordGuard) proof(name, password string) []byte {
	sum := hmac.New(sha256.New, d.key)
	sum.Write([]byte(name + "\x00" + password))
	return sum.Sum(nil)
}

func (d *passwordGuard) proven(name string, proof []byte) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return hmac.Equal(d.proofs[name], proof)
}

// triesOf returns the limiter of an address; IPv6 addresses share that of their /64 network.
func (d *passwordGuard) triesOf(from net.Addr) *rate.Limiter {
	var p netip.Prefix
	if a, ok := from.(*net.TCPAddr); ok {
		ip := a.AddrPort().Addr().Unmap()
		p, _ = ip.Prefix(min(64, ip.BitLen())) // never fails
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.tries[p] == nil {
		if len(d.tries) >= addressesMost {
			clear(d.tries)
		}
		d.tries[p] = rate.NewLimiter(triesPerSecond, triesAtOnce)
	}
	return d.tries[p]
}

// inside reports whether a connection was made inside the process.
func inside(from net.Addr) bool { return from != nil && from.Network() == "pipe" }

// signed reports whether the nonce was signed with the key.
func signed(key, signature string, nonce []byte) bool {
	sig, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil {
		if sig, err = base64.StdEncoding.DecodeString(signature); err != nil {
			return false
		}
	}
	pub, err := nkeys.FromPublicKey(key)
	return err == nil && len(nonce) > 0 && pub.Verify(nonce, sig) == nil
}
