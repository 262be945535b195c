package web_test

import (
	"os"
	"runtime/debug"
	"testing"
)

func TestMain(m *testing.M) {
	debug.SetGCPercent(400) // each test builds a console of its own: a fifth of their computing was collecting them
	os.Exit(m.Run())
}
