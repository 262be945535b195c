package engine

import (
	"fmt"
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

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, sourceSetup()...) }

// sourceSetup is the embedded server's goroutine that looks for a stream's source: where the
// server stops meanwhile it waits for half a minute more.
func sourceSetup() []goleak.Option {
	var known []goleak.Option
	for n := range 6 {
		known = append(known, goleak.IgnoreAnyFunction(fmt.Sprintf("github.com/nats-io/nats-server/v2/server.(*stream).trySetupSourceConsumer.func%d", n+1)))
	}
	return known
}
