package cli

import "github.com/casehug/smokeball-sync/internal/demo"

// signInCmd serves a sign-in page for development.
type signInCmd struct {
	Listen string `name:"listen" default:"127.0.0.1:8070" help:"Where it listens; a loopback address." placeholder:"HOST:PORT"`
	Name   string `name:"name" default:"http://localhost:8070" help:"How browsers reach it: the engine's ENGINE_JWT_ISSUER. Its key set is there at /jwks.json." placeholder:"URL"`
	Engine string `name:"engine" default:"http://localhost:8080" help:"The engine's ENGINE_PUBLIC_URL." placeholder:"URL"`
}

// Run serves until it is stopped.
func (c *signInCmd) Run(t *terminal) error {
	return demo.ServeSignIn(t.ctx, demo.SignInOptions{Listen: c.Listen, Name: c.Name, Engine: c.Engine}, t.out)
}
