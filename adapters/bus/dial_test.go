package bus

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
)

// A loaded server's own PING overtakes the PONG that a new client waits for: the engine connects
// all the same, with the next try.
func TestAServerThatAnswersLateIsDialledAgain(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	const late = 2
	go func() {
		for n := 0; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serveNATS(c, n < late)
		}
	}()
	conn, err := dial("nats://" + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}

// serveNATS says what a NATS server says to a client that connects; late, its PING comes first.
func serveNATS(c net.Conn, late bool) {
	defer c.Close()
	fmt.Fprint(c, "INFO {\"server_id\":\"S\",\"version\":\"2.12.0\",\"proto\":1,\"max_payload\":1048576}\r\n")
	for lines := bufio.NewScanner(c); lines.Scan(); {
		if !strings.HasPrefix(lines.Text(), "PING") {
			continue
		}
		if late {
			fmt.Fprint(c, "PING\r\n")
		}
		fmt.Fprint(c, "PONG\r\n")
	}
}
