package bus

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
)

const (
	maxPayload   = 8 << 20 // bytes of one message
	maxMemory    = 64 << 20
	maxStore     = 1 << 60 // bytes: the disk is the limit, not what was free of it at the start
	startTimeout = 30 * time.Second
	tlsTimeout   = 5 // seconds
)

// embedded is the NATS server inside the engine's process. It may be restarted while
// connections to it live: they find the new one.
type embedded struct {
	config  Config
	key     nkeys.KeyPair // opens the engine's own account, for this start only
	users   []user
	tenants []tenant
	present atomic.Pointer[server.Server]
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
	e := &embedded{config: c, key: key, users: users, tenants: tenantsOf(users)}
	if err := e.writable(); err != nil {
		return nil, fmt.Errorf("ENGINE_DATA_DIR is %q, but its disk does not take a file of %d MiB (%w); free space on it", c.DataDir, trialBytes>>20, err)
	}
	return e, e.start(ctx)
}

// store is where the server keeps its files.
func (c Config) store() string { return filepath.Join(c.DataDir, "nats") }

func (c Config) users() ([]user, error) {
	if c.UsersFile == "" {
		return nil, nil
	}
	return readUsers(c.UsersFile)
}

func (e *embedded) options() (*server.Options, error) {
	opts := &server.Options{
		ServerName: "smokeball-sync", NoSigs: true, NoLog: true,
		JetStream: true, SyncAlways: true, StoreDir: e.config.store(),
		JetStreamMaxMemory: maxMemory, JetStreamMaxStore: maxStore, MaxPayload: maxPayload,
	}
	conf, err := accountsConfig(e.tenants)
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
	signIns(opts, pub, e.users)
	if opts.TLSConfig, err = e.config.tls(); err != nil {
		return nil, err
	}
	opts.TLS, opts.TLSTimeout = opts.TLSConfig != nil, tlsTimeout
	if len(e.users) == 0 {
		err = admitAnyone(opts)
	} else {
		newPasswordGuard(opts, pub, func(name string) (*server.Account, error) { return e.server().LookupAccount(name) })
	}
	return opts, errors.Join(err, listenOn(opts, e.config.Listen))
}

// admitAnyone lets clients without credentials in as everyone's tenant.
func admitAnyone(o *server.Options) error {
	key, err := nkeys.CreateUser()
	if err != nil {
		return fmt.Errorf("make the tenants' key: %w", err)
	}
	pub, err := key.PublicKey()
	if err != nil {
		return fmt.Errorf("read the tenants' key: %w", err)
	}
	g := tenant{}
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

func (e *embedded) start(ctx context.Context) error {
	opts, err := e.options()
	if err != nil {
		return err
	}
	s, err := server.NewServer(opts)
	if err != nil {
		return fmt.Errorf("configure the embedded NATS server: %w", err)
	}
	log := newServerLog(e.config.Logger)
	s.SetLogger(log, false, false)
	e.present.Store(s)
	s.Start()
	if err := e.ready(ctx, log.fatal); err != nil {
		e.stop()
		return fmt.Errorf("start the embedded NATS server in %s (ENGINE_DATA_DIR): %w", opts.StoreDir, err)
	}
	if a, ok := s.Addr().(*net.TCPAddr); ok {
		e.config.Listen = a.String() // where publishers find it again if it is restarted
	}
	return nil
}

func (e *embedded) server() *server.Server { return e.present.Load() }

// ready waits until the server takes connections, dies or is called off.
func (e *embedded) ready(ctx context.Context, fatal <-chan string) error {
	up := make(chan bool, 1)
	go func() { up <- e.server().ReadyForConnections(startTimeout) }()
	select {
	case ok := <-up:
		if ok && e.server().JetStreamEnabled() {
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
func (e *embedded) connect(name string, more ...nats.Option) (*nats.Conn, error) {
	pub, err := e.key.PublicKey()
	if err != nil {
		return nil, fmt.Errorf("read the engine's key: %w", err)
	}
	return nats.Connect("", append(more, nats.InProcessServer(e), nats.Nkey(pub, e.key.Sign),
		nats.Name(name), nats.CustomInboxPrefix(engineInbox), nats.MaxReconnects(-1), nats.ReconnectWait(reconnectWait))...)
}

// reconnectWait is the pause between two looks for a server that is being restarted.
const reconnectWait = 100 * time.Millisecond

// InProcessConn implements [nats.InProcessConnProvider].
func (e *embedded) InProcessConn() (net.Conn, error) { return e.server().InProcessConn() }

func (e *embedded) stop() {
	s := e.server()
	s.Shutdown()
	s.WaitForShutdown()
}
