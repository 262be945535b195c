package smokeball_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
)

// keptThenClosed answers the first request of its first connection, closes that
// connection when the second request has come in, and answers it on the next one. It
// counts the requests that came in.
func keptThenClosed(t *testing.T) (address string, requests <-chan int) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	counted := make(chan int, 1)
	go func() {
		n := 0
		for answers := range []int{1, 2} {
			conn, err := listener.Accept()
			if err != nil {
				break
			}
			in := bufio.NewReader(conn)
			n += serve(in, conn)
			if answers == 0 {
				if _, err := http.ReadRequest(in); err == nil {
					n++
				}
			}
			_ = conn.Close()
		}
		counted <- n
	}()
	return "http://" + listener.Addr().String(), counted
}

func serve(in *bufio.Reader, out io.Writer) int {
	if _, err := http.ReadRequest(in); err != nil {
		return 0
	}
	const body = `{"id":"acc-1"}`
	fmt.Fprintf(out, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	return 1
}

func TestARequestThatTheTransportRepeatsIsBooked(t *testing.T) {
	address, requests := keptThenClosed(t)
	cfg := config(newVendor(t), signedIn())
	cfg.Hosts.API = address
	c := newClient(t, cfg)
	for range 2 {
		_, err := c.Firm(t.Context(), firm)
		must(t, err)
	}
	if came, booked := <-requests, c.Allowance(firm).UsedLastMinute; came != 3 || booked != 3 {
		t.Errorf("%d requests came, %d were booked", came, booked)
	}
}
