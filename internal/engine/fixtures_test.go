package engine

import (
	"fmt"
	"runtime/debug"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/casehug/smokeball-sync/domain"
)

const (
	testFirm    domain.FirmID = "f_brown"
	testAccount string        = "6a1e2f30-54c1-4a8e-9c55-7b1f6f6d3a99"
	appID       string        = "app-7d2c"
	appSecret   string        = "secret-of-the-app-91f3"
	appKey      string        = "key-of-the-app-55ab"
)

// patience is how long tests wait for what has to happen.
const patience = 60 * time.Second

func admin() domain.User {
	return domain.User{Subject: "u_admin", Firm: testFirm, Role: domain.FirmAdmin, Name: "Ana Brown", Expires: time.Now().Add(time.Hour)}
}

func TestMain(m *testing.M) {
	debug.SetGCPercent(400) // a year of a connection makes much garbage, and keeps little
	goleak.VerifyTestMain(m, leftByNATS()...)
}

// leftByNATS are goroutines of the server and the client that outlive what started them. The
// server's looks for a stream's source: where the server stops meanwhile it waits for half a minute
// more. The client's is started by an object's Put; where Put is over before it runs, it waits for
// ever (nats.go 1.55: cleanupReplySub takes its channel away).
func leftByNATS() []goleak.Option {
	known := []goleak.Option{goleak.IgnoreAnyFunction("github.com/nats-io/nats.go/jetstream.(*jetStream).resetPendingAcksOnReconnect")}
	for n := range 6 {
		known = append(known, goleak.IgnoreAnyFunction(fmt.Sprintf("github.com/nats-io/nats-server/v2/server.(*stream).trySetupSourceConsumer.func%d", n+1)))
	}
	return known
}
