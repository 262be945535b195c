package smokeballsim

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Server is one simulated Smokeball. It is safe for concurrent use.
type Server struct {
	*store
	*signIn
	*webhooks
	*views
	*transfers

	handler http.Handler
	http    *http.Server
}

// New makes a server from c; see [Config] for what an empty field means. It listens
// nowhere until [Server.Start], but [Server.Handler] and [Server.Transport] work at once.
// Close it when done. It panics if [Open] fails, which only a [Config.StateFile] or
// [Config.PrivateApps] can cause.
func New(c Config) *Server {
	s, err := Open(c)
	if err != nil {
		panic(err)
	}
	return s
}

// Open is New for a server with a [Config.StateFile], whose content it loads. It fails if the
// file is damaged, is not a simulator's, names a firm that c does not, or cannot be written,
// and if a private app is invalid.
func Open(c Config) (*Server, error) {
	c = c.withDefaults()
	if err := c.checkApps(); err != nil {
		return nil, err
	}
	was, err := load(c)
	if err != nil {
		return nil, fmt.Errorf("open state file %s: %w", c.StateFile, err)
	}
	s := newServer(c, was)
	if err := s.resume(was); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func newServer(c Config, was memory) *Server {
	k := newStore(c, was)
	s := &Server{store: k, signIn: &signIn{k}, webhooks: &webhooks{k}, views: &views{k}, transfers: &transfers{k}}
	k.effect = s.land
	for _, a := range c.Accounts {
		s.accounts = append(s.accounts, s.newAccount(a, was.account(a.ID)))
	}
	s.handler = s.routes()
	return s
}

// Handler serves the API, the sign-in, the transfers and the controls.
func (s *Server) Handler() http.Handler { return s.handler }

// Start listens on addr (host:port, port 0 for a free one) and serves until Close. It
// returns the address for clients, such as http://127.0.0.1:8090, and fails where addr
// cannot be listened on.
func (s *Server) Start(addr string) (string, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return "", fmt.Errorf("listen on %s: %w", addr, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.http != nil {
		return "", errors.Join(fmt.Errorf("start on %s: the server runs already or is closed", addr), l.Close())
	}
	if s.config.URL == "" {
		s.url = "http://" + l.Addr().String()
	}
	s.http = &http.Server{Handler: s.handler, ReadHeaderTimeout: 10 * time.Second}
	s.wait.Go(func() { s.serve(l) })
	return "http://" + l.Addr().String(), nil
}

func (s *Server) serve(l net.Listener) {
	if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		s.config.Log.Error("simulator stopped listening", "err", err)
	}
}

// Close stops listening, drops pending work and returns when all of the server's goroutines
// have ended. Closing twice is harmless.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	var err error
	if s.http != nil {
		err = s.http.Close()
	}
	s.wait.Wait()
	s.client.CloseIdleConnections()
	return err
}

// later runs do with the lock held after d, but never after Close. If do reports a change, the
// state file is written. The caller holds the lock.
func (s *store) later(d time.Duration, do func() bool) {
	if s.closed {
		return
	}
	s.wait.Go(func() {
		if !s.pause(d) {
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if do() {
			s.committed()
		}
	})
}

// background runs do in a goroutine, unless the server is closed, and reports whether it does.
func (s *store) background(do func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.wait.Go(do)
	}
	return !s.closed
}

// pause waits for d and reports whether the server is still open.
func (s *store) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return s.ctx.Err() == nil
	case <-s.ctx.Done():
		return false
	}
}

func (s *store) account(id string) *account {
	for _, a := range s.accounts {
		if a.ID == id {
			return a
		}
	}
	return nil
}
