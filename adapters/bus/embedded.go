package bus

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
)

const (
	maxPayload   = 8 << 20 // bytes of one message
	maxMemory    = 64 << 20
	startTimeout = 30 * time.Second
)

// embedded is the NATS server inside the engine's process.
type embedded struct {
	server *server.Server
	key    nkeys.KeyPair // opens the engine's own account, for this start only
	guests []guest
}

func startEmbedded(ctx context.Context, c Config) (*embedded, error) {
	if err := os.MkdirAll(c.store(), 0o700); err != nil {
		return nil, fmt.Errorf("ENGINE_DATA_DIR is %q, but the engine cannot keep data there: %w; name a folder that it may write", c.DataDir, err)
	}
	users, err := c.users()
	if err != nil {
		return nil, err
	}
	key, err := nkeys.CreateUser()
	if err != nil {
		return nil, fmt.Errorf("make the engine's key: %w", err)
	}
	e := &embedded{key: key, guests: guestsOf(users)}
	opts, err := e.options(c, users)
	if err != nil {
		return nil, err
	}
	return e, e.start(ctx, c, opts)
}

// store is where the server keeps its files.
func (c Config) store() string { return filepath.Join(c.DataDir, "nats") }

func (c Config) users() ([]user, error) {
	if c.UsersFile == "" {
		return nil, nil
	}
	return readUsers(c.UsersFile)
}

func (e *embedded) options(c Config, users []user) (*server.Options, error) {
	opts := &server.Options{
		ServerName: "smokeball-sync", NoSigs: true, NoLog: true,
		JetStream: true, SyncAlways: true, StoreDir: c.store(),
		JetStreamMaxMemory: maxMemory, JetStreamMaxStore: -1, MaxPayload: maxPayload,
	}
	conf, err := accountsConfig(e.guests)
	if err != nil {
		return nil, fmt.Errorf("configure accounts: %w", err)
	}
	if err := opts.ProcessConfigString(conf); err != nil {
		return nil, fmt.Errorf("configure accounts: %w", err)
	}
	pub, err := e.key.PublicKey()
	if err != nil {
		return nil, fmt.Errorf("read the engine's key: %w", err)
	}
	signIns(opts, pub, users)
	if len(users) == 0 {
		err = admitAnyone(opts)
	}
	return opts, errors.Join(err, listenOn(opts, c.Listen))
}

// admitAnyone lets clients without credentials in as everyone's guest.
func admitAnyone(o *server.Options) error {
	key, err := nkeys.CreateUser()
	if err != nil {
		return fmt.Errorf("make the guests' key: %w", err)
	}
	pub, err := key.PublicKey()
	if err != nil {
		return fmt.Errorf("read the guests' key: %w", err)
	}
	g := guest{}
	o.Nkeys = append(o.Nkeys, &server.NkeyUser{Nkey: pub, Account: lookup(o, g.account()), Permissions: g.permissions()})
	o.NoAuthUser = pub
	return nil
}

func listenOn(o *server.Options, listen string) error {
	if listen == listenOff {
		o.DontListen = true
		return nil
	}
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return fmt.Errorf("ENGINE_NATS_LISTEN is %q; it needs host:port, or 'off'", listen)
	}
	o.Host = host
	if o.Port, err = strconv.Atoi(port); err != nil {
		return fmt.Errorf("ENGINE_NATS_LISTEN is %q; its port needs to be a number", listen)
	}
	if o.Port == 0 {
		o.Port = server.RANDOM_PORT
	}
	// The server itself would only log a port that is taken and go on without it.
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return fmt.Errorf("ENGINE_NATS_LISTEN is %q, but the engine cannot listen there (%w); choose a free port, or 'off'", listen, err)
	}
	return l.Close()
}

func (e *embedded) start(ctx context.Context, c Config, opts *server.Options) error {
	s, err := server.NewServer(opts)
	if err != nil {
		return fmt.Errorf("configure the embedded NATS server: %w", err)
	}
	log := &serverLog{log: c.Logger, fatal: make(chan string, 1)}
	s.SetLogger(log, false, false)
	e.server = s
	s.Start()
	if err := e.ready(ctx, log.fatal); err != nil {
		e.stop()
		return fmt.Errorf("start the embedded NATS server in %s (ENGINE_DATA_DIR): %w", opts.StoreDir, err)
	}
	return nil
}

// ready waits until the server takes connections, dies or is called off.
func (e *embedded) ready(ctx context.Context, fatal <-chan string) error {
	up := make(chan bool, 1)
	go func() { up <- e.server.ReadyForConnections(startTimeout) }()
	select {
	case ok := <-up:
		if ok && e.server.JetStreamEnabled() {
			return nil
		}
	case reason := <-fatal:
		return errors.New(reason)
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case reason := <-fatal:
		return errors.New(reason)
	default:
		return errors.New("it does not get ready; look at the log for its reason, often a full or read-only disk")
	}
}

// connect opens a connection with full rights inside the process.
func (e *embedded) connect(name string) (*nats.Conn, error) {
	pub, err := e.key.PublicKey()
	if err != nil {
		return nil, fmt.Errorf("read the engine's key: %w", err)
	}
	return nats.Connect("", nats.InProcessServer(e.server), nats.Nkey(pub, e.key.Sign),
		nats.Name(name), nats.CustomInboxPrefix(engineInbox), nats.MaxReconnects(-1))
}

func (e *embedded) stop() {
	e.server.Shutdown()
	e.server.WaitForShutdown()
}
