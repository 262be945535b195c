package syncing_test

import (
	"runtime/debug"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	debug.SetGCPercent(400) // the stories make much garbage, and keep little: a sixth of their computing was collecting it
	goleak.VerifyTestMain(m)
}
