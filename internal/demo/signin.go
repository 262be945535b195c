package demo

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/casehug/smokeball-sync/adapters/casehug"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/config"
)

// SignInOptions say where the development sign-in is, and which engine it signs people in at.
type SignInOptions struct {
	Listen string // a loopback address
	Name   string // the issuer of the tokens: the address at which browsers reach this
	Engine string // the engine's public address
}

// ServeSignIn stands in for CaseHug's sign-in until ctx ends: it serves a key set, and a page on
// which whoever opens it signs in as firm admin or as user, without a password. So it listens
// on loopback only.
func ServeSignIn(ctx context.Context, o SignInOptions, out io.Writer) error {
	host, _, err := net.SplitHostPort(o.Listen)
	if err != nil || !config.IsLoopback(host) {
		return &config.UsageError{Err: fmt.Errorf("--listen is %s; it needs a loopback address such as 127.0.0.1:8070: whoever reaches this page can sign in as anybody", o.Listen)}
	}
	issuer, err := casehug.NewIssuer(o.Name, demoAudience)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return fmt.Errorf("--listen is %s: %w; it needs an address that is free on this machine", o.Listen, err)
	}
	server := &http.Server{Handler: o.handler(issuer), ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	fmt.Fprintf(out, "Sign in at %s, with the key set at %s/jwks.json.\n", o.Name, o.Name)
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// demoAudience is whom the demo's tokens are for.
const demoAudience = "smokeball-sync"

func (o SignInOptions) handler(issuer *casehug.Issuer) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /jwks.json", issuer)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { o.page(w, issuer) })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil || !config.IsLoopback(host) { // another name for this machine, in a browser that was led here
			http.Error(w, "This page answers at a loopback address only.", http.StatusMisdirectedRequest)
			return
		}
		w.Header().Set("X-Frame-Options", "DENY")
		w.Header().Set("Cache-Control", "no-store")
		mux.ServeHTTP(w, r)
	})
}

// invited is a person who may sign in.
type invited struct{ Name, Role, Token string }

func (o SignInOptions) page(w http.ResponseWriter, issuer *casehug.Issuer) {
	var people []invited
	for _, u := range []domain.User{admin(), user()} {
		token, err := issuer.Sign(u)
		if err != nil {
			http.Error(w, "The token could not be signed.", http.StatusInternalServerError)
			return
		}
		people = append(people, invited{u.Name, string(u.Role), token})
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = signInPage.Execute(w, map[string]any{"Engine": o.Engine, "Firm": demoFirm, "People": people}) // a reader who is gone needs no answer
}

var signInPage = template.Must(template.New("sign-in").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>CaseHug sign-in for development</title><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width"><style>body{font:16px/1.5 system-ui;max-width:44rem;margin:3rem auto;padding:0 1rem}button{font:inherit;padding:.5rem 1rem}code{overflow-wrap:anywhere}</style></head>
<body><main><h1>CaseHug sign-in for development</h1>
<p>Signs you in to the engine at <a href="{{.Engine}}">{{.Engine}}</a>, as somebody of firm <code>{{.Firm}}</code>, without a password.</p>
{{range .People}}<form method="post" action="{{$.Engine}}/session"><input type="hidden" name="token" value="{{.Token}}">
<p><button>Sign in as {{.Name}}</button> {{.Role}}</p></form>
<details><summary>Token for calls of the API as {{.Name}}, for 12 hours</summary><code>{{.Token}}</code></details>
{{end}}</main></body></html>
`))
