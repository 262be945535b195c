package casehug

import (
	"net/netip"
	"slices"
	"syscall"
)

// publicPort is the only one that is dialled outside the networks that are allowed.
const publicPort = 443

// guard refuses to connect to addresses that are neither public nor in one of the
// networks that are allowed, and to public ones at any port but that of https. It sees the address that is dialled, after names are
// resolved, so no name and no redirect gets round it. Link-local addresses are never
// allowed: clouds answer with their secrets there.
func guard(allowed []netip.Prefix) func(network, address string, c syscall.RawConn) error {
	return func(_, address string, _ syscall.RawConn) error {
		ap, err := netip.ParseAddrPort(address)
		if err != nil {
			return notPublic
		}
		a := ap.Addr().Unmap().WithZone("")
		within := slices.ContainsFunc(allowed, func(p netip.Prefix) bool { return p.Contains(a) })
		switch {
		case within && !a.IsLinkLocalUnicast() && !a.IsLinkLocalMulticast():
			return nil
		case !isPublic(a):
			return notPublic
		case ap.Port() != publicPort:
			return otherPort
		}
		return nil
	}
}

// isPublic reports whether an address belongs to a host on the public internet.
func isPublic(a netip.Addr) bool {
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, p := range reserved() {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// reserved are the networks of the IANA special-purpose registries that hold no
// public host or stand for an IPv4 address that would have to be checked again, and
// that netip does not know.
func reserved() []netip.Prefix {
	v4 := func(a, b, c, d byte, bits int) netip.Prefix {
		return netip.PrefixFrom(netip.AddrFrom4([4]byte{a, b, c, d}), bits)
	}
	v6 := func(a, b, c, d byte, bits int) netip.Prefix {
		return netip.PrefixFrom(netip.AddrFrom16([16]byte{a, b, c, d}), bits)
	}
	return []netip.Prefix{
		v4(0, 0, 0, 0, 8),        // this network
		v4(100, 64, 0, 0, 10),    // shared by carriers
		v4(192, 0, 0, 0, 24),     // protocols
		v4(192, 0, 2, 0, 24),     // documentation
		v4(168, 63, 129, 16, 32), // Azure's own services
		v4(192, 88, 99, 0, 24),   // 6to4 relays
		v4(198, 18, 0, 0, 15),    // benchmarks
		v4(198, 51, 100, 0, 24),  // documentation
		v4(203, 0, 113, 0, 24),   // documentation
		v4(240, 0, 0, 0, 4),      // reserved, broadcast
		v6(0, 0, 0, 0, 96),       // IPv4-compatible
		netip.PrefixFrom(netip.AddrFrom16([16]byte{0, 0x64, 0xff, 0x9b}), 32), // NAT64
		netip.PrefixFrom(netip.AddrFrom16([16]byte{8: 0xff, 9: 0xff}), 96),    // IPv4-translated
		v6(0x01, 0, 0, 0, 64), // discard
		netip.PrefixFrom(netip.AddrFrom16([16]byte{0x01, 7: 0x01}), 64), // dummy
		v6(0x5f, 0, 0, 0, 16),          // segment routing
		v6(0x20, 0x01, 0, 0, 23),       // protocols, Teredo
		v6(0x20, 0x01, 0x0d, 0xb8, 32), // documentation
		v6(0x20, 0x02, 0, 0, 16),       // 6to4
		v6(0x3f, 0xff, 0, 0, 20),       // documentation
		v6(0xfe, 0xc0, 0, 0, 10),       // site-local
	}
}
