package web_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// placesOf sends the beginnings of many sign-in forms, each through a proxy that names where
// it comes from, and returns how many of them are read. All of them keep their connection.
func placesOf(t *testing.T, e *engine, from func(i int) string) int {
	t.Helper()
	const forms = 100
	refused := make(chan bool, forms)
	for i := range forms {
		conn, err := net.Dial("tcp", strings.TrimPrefix(e.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		_, _ = fmt.Fprintf(conn, "POST /session HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nt", from(i))
		go func() {
			if line, _ := bufio.NewReader(conn).ReadString('\n'); strings.Contains(line, " 503 ") {
				refused <- true
			}
		}()
	}
	n := forms
	for wait := stepWithin; ; wait = time.Second { // the first answer may take its time
		select {
		case <-refused:
			n--
		case <-time.After(wait):
			return n
		}
	}
}

// Whoever lets many sign-in forms trickle takes the places of their own address only, also
// through a proxy; of IPv6 those of their network, and whatever they write before the proxy's
// own word in X-Forwarded-For.
func TestTricklingFormsOfOneAddressHoldUpNoOther(t *testing.T) {
	e := newEngine(t)
	for name, from := range map[string]func(int) string{
		"one address":          func(int) string { return "203.0.113.7" },
		"one network of IPv6":  func(i int) string { return fmt.Sprintf("2001:db8:1:2::%x", i+1) },
		"another in the front": func(i int) string { return fmt.Sprintf("198.51.100.%d, 203.0.113.8", i+1) },
	} {
		if n := placesOf(t, e, from); n != 64 {
			t.Errorf("%s has %d places", name, n)
		}
	}
	sign := func(from string) reply {
		return e.call(t, call{method: "POST", path: "/session", kind: form, body: "token=user-token", header: map[string]string{"X-Forwarded-For": from}})
	}
	sign("203.0.113.7").want(503)
	sign("198.51.100.1").want(303)
	sign("2001:db8:1:3::1").want(303)
}
