//go:build !crashpoints

package engine

import (
	"context"
	"net/http"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/adapters/smokeball"
)

// crashes changes nothing here. The build with the tag crashpoints wraps what the
// engine is made of so that a crash test can kill it at a named point.
type crashes struct{}

func (e *Engine) openCrashes(context.Context) error { return nil }

func (crashes) transport() http.RoundTripper { return nil }

func (crashes) tokens(s smokeball.TokenStore) smokeball.TokenStore { return s }

func (crashes) acks(b bus.Bind) bus.Bind { return b }

func (crashes) checkpoint(m *checkpoint) *checkpoint { return m }
