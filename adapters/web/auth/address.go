package auth

import (
	"net/http"
	"net/netip"
	"strings"
)

// addressOf returns the network address of a request; for IPv6 its /64, because one machine
// can use all of it. A peer with a private address counts as a proxy: the last address in
// X-Forwarded-For is the proxy's peer, and the caller can forge those before it.
func addressOf(r *http.Request) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	a := peer.Addr()
	if from := forwardedFor(r); (a.Unmap().IsLoopback() || a.Unmap().IsPrivate()) && from.IsValid() {
		a = from
	}
	a = a.Unmap().WithZone("")
	network, err := a.Prefix(min(64, a.BitLen()))
	if err != nil {
		return a.String()
	}
	return network.String()
}

// forwardedFor returns the last address in X-Forwarded-For; invalid: there is none.
func forwardedFor(r *http.Request) netip.Addr {
	lines := r.Header.Values("X-Forwarded-For")
	if len(lines) == 0 {
		return netip.Addr{}
	}
	line := lines[len(lines)-1]
	text := strings.TrimSpace(line[strings.LastIndex(line, ",")+1:])
	if with, err := netip.ParseAddrPort(text); err == nil {
		return with.Addr()
	}
	a, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}
	}
	return a
}
