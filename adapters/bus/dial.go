package bus

import (
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// dialFor is how long a first connection is tried to a server that answers too late.
const dialFor = time.Minute

// dial opens the first connection to a server. A server sends a PING of its own two seconds after
// a client has arrived. Where it is so loaded that its PONG comes after that, the client library
// reports the order of the two as an error, and dial tries again.
func dial(url string, opts ...nats.Option) (conn *nats.Conn, err error) {
	for began := time.Now(); ; {
		if conn, err = nats.Connect(url, opts...); err == nil || !overtaken(err) || time.Since(began) > dialFor {
			return conn, err
		}
	}
}

// overtaken: the server's PING came before its PONG.
func overtaken(err error) bool { return strings.Contains(err.Error(), "expected 'PONG', got 'PING'") }
