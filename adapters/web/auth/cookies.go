package auth

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// The cookies of a console session.
const (
	// SessionCookie holds the id of the session.
	SessionCookie = "casehug_session"
	// digestCookie holds the digest of the session's id, which does not authenticate. Unlike
	// the session it is sent with CaseHug's cross-site sign-in form, and so shows that somebody
	// is signed in.
	digestCookie = "casehug_session_mark"
)

// expireNow is the age that makes the browser delete a cookie.
const expireNow = -1

// Cookies writes and names the console's cookies.
type Cookies struct {
	Secure bool // the console is served over https
	Now    func() time.Time
}

// name returns the cookie's name; with https its prefix binds the cookie to this host.
func (c Cookies) name(name string) string {
	if c.Secure {
		return "__Host-" + name
	}
	return name
}

// Get returns the cookie's value, or "".
func (c Cookies) Get(r *http.Request, name string) string {
	cookie, err := r.Cookie(c.name(name))
	if err != nil {
		return ""
	}
	return cookie.Value
}

// Set sets a cookie until a time. It sends the age in seconds, not a date, because a browser's
// clock may be wrong.
func (c Cookies) Set(w http.ResponseWriter, name, value string, until time.Time) {
	c.set(w, name, value, max(1, int(until.Sub(c.Now()).Seconds())))
}

func (c Cookies) Delete(w http.ResponseWriter, name string) { c.set(w, name, "", expireNow) }

func (c Cookies) set(w http.ResponseWriter, name, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{Name: c.name(name), Value: value, Path: "/", MaxAge: seconds,
		HttpOnly: true, Secure: c.Secure, SameSite: http.SameSiteLaxMode})
}

// setDigest sets the digest of the session, which is sent with other sites' forms, too.
func (c Cookies) setDigest(w http.ResponseWriter, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{Name: c.name(digestCookie), Value: value, Path: "/", MaxAge: seconds,
		HttpOnly: true, Secure: true, SameSite: http.SameSiteNoneMode})
}

// secondsOf returns for how many seconds a person's token stays valid; 0, until the browser
// closes, if the token has no end.
func (c Cookies) secondsOf(u domain.User) int {
	if u.Expires.IsZero() {
		return 0
	}
	return max(1, int(u.Expires.Sub(c.Now()).Seconds()))
}

// digestOf returns the SHA-256 of a session's id, which names the session and does not
// authenticate.
func digestOf(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:])
}

func isDigest(text string) bool {
	data, err := hex.DecodeString(text)
	return err == nil && len(data) == sha256.Size
}
