package bus

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"github.com/casehug/smokeball-sync/internal/atrest"
	"github.com/casehug/smokeball-sync/internal/disk"
)

const (
	maxPayload   = 8 << 20 // bytes of one message
	maxMemory    = 64 << 20
	maxStore     = 1 << 60 // bytes: the disk is the limit, not its free space at the start
	startTimeout = 30 * time.Second
	readTimeout  = 2 * time.Minute // to read all files of the server, besides readTime
	readRate     = 10 << 20        // bytes of them that the slowest disk reads in a second
	tlsTimeout   = 5               // seconds
)

// embedded is the NATS server inside the engine's process. It may be restarted while clients
// are connected: they reconnect to the new one.
type embedded struct {
	config  Config
	key     nkeys.KeyPair // signs in to the engine's own account, for this start only
	users   []user
	tenants []tenant
	journal *disk.Journal
	present atomic.Pointer[server.Server]

	encrypted bool  // its files
	blocks    turns // of those who write into its files, and those who let it check them
}

func startEmbedded(ctx context.Context, c Config) (*embedded, error) {
	if err := os.MkdirAll(c.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("ENGINE_DATA_DIR is %q, but the engine cannot keep data there: %w; name a folder that it may write", c.DataDir, err)
	}
	encrypted, err := c.prepareFiles()
	if err != nil {
		return nil, err
	}
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
	e := &embedded{config: c, key: key, users: users, tenants: tenantsOf(users), encrypted: encrypted, blocks: make(turns, 1)}
	if err := e.writable(); err != nil {
		return nil, fmt.Errorf("ENGINE_DATA_DIR is %q, but a file of %d MiB cannot be written there (%w); free space on the disk", c.DataDir, trialBytes>>20, err)
	}
	if e.journal, err = openJournal(c.store()); err != nil {
		return nil, fmt.Errorf("ENGINE_DATA_DIR is %q: %w", c.DataDir, err)
	}
	if err := e.start(ctx); err != nil {
		return nil, errors.Join(err, e.journal.Close())
	}
	return e, nil
}

// openJournal opens the journal of the file system that has the server's files. It stands within their
// folder, which may be a mount of its own. Earlier versions had it beside the folder.
func openJournal(store string) (*disk.Journal, error) {
	if err := os.Remove(store + ".flush"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("remove the file of an earlier version: %w", err)
	}
	return disk.OpenJournal(filepath.Join(store, "bus"))
}

// store is the folder of the server's files.
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
		JetStream: true, SyncAlways: true, StoreDir: atrest.Root(e.config.store(), e.encrypted),
		JetStreamMaxMemory: maxMemory, JetStreamMaxStore: maxStore, MaxPayload: maxPayload,
	}
	if e.encrypted {
		opts.JetStreamKey, opts.JetStreamCipher = atrest.Key(e.config.Key).Option(), server.AES
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

// admitAnyone lets clients without credentials connect as the shared tenant.
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
	// If the port is taken, the server itself would only log that and run without it.
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
	if err := finished(ctx, s.Start, readTimeout+readTime(opts.StoreDir)); err != nil { // a server that still reads can't be stopped
		return fmt.Errorf("start the embedded NATS server in %s (ENGINE_DATA_DIR): %w", opts.StoreDir, err)
	}
	if err := e.ready(ctx, log.fatal); err != nil {
		e.stop()
		return fmt.Errorf("start the embedded NATS server in %s (ENGINE_DATA_DIR): %w", opts.StoreDir, err)
	}
	if a, ok := s.Addr().(*net.TCPAddr); ok {
		e.config.Listen = a.String() // where publishers find it again if it is restarted
	}
	return nil
}

// finished waits until start, which reads the server's files, returns. Of a file in which the number of a
// message is damaged the server fills the gap up to that number, for hours.
func finished(ctx context.Context, start func(), within time.Duration) error {
	done := make(chan struct{})
	go func() { defer close(done); start() }()
	late := time.NewTimer(within)
	defer late.Stop()
	select {
	case <-done:
		return nil
	case <-late.C:
		return fmt.Errorf("it has not read its files within %s, because one is damaged or the disk is slow; if a second start ends like this, restore a backup", within)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// readTime is how long the slowest disk takes to read the files in dir.
func readTime(dir string) time.Duration {
	size := int64(0)
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil // a file that is gone or can't be read takes no time
		}
		if info, err := d.Info(); err == nil && info.Mode().IsRegular() {
			size += info.Size()
		}
		return nil
	})
	return time.Duration(size/readRate) * time.Second
}

func (e *embedded) server() *server.Server { return e.present.Load() }

// ready waits until the server accepts connections or stops, or ctx ends.
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
		return errors.New("it did not become ready; the log has the reason, often a full or read-only disk")
	}
}

// connect opens a connection with full rights inside the process.
func (e *embedded) connect(name string, more ...nats.Option) (*nats.Conn, error) {
	pub, err := e.key.PublicKey()
	if err != nil {
		return nil, fmt.Errorf("read the engine's key: %w", err)
	}
	return dial("", append(more, nats.InProcessServer(e), nats.Nkey(pub, e.key.Sign),
		nats.Name(name), nats.CustomInboxPrefix(engineInbox), nats.MaxReconnects(-1), nats.ReconnectWait(reconnectWait))...)
}

// reconnectWait is the pause between two attempts to reach a server that is being restarted.
const reconnectWait = 100 * time.Millisecond

// InProcessConn implements [nats.InProcessConnProvider].
func (e *embedded) InProcessConn() (net.Conn, error) { return e.server().InProcessConn() }

// kept returns an error where the disk may have lost what the server has acknowledged. Of a
// cluster, which embedded nil stands for, it knows nothing.
func (e *embedded) kept() error {
	if e == nil {
		return nil
	}
	return e.journal.Check()
}

// end stops the server for good.
func (e *embedded) end() error {
	e.stop()
	return e.journal.Close()
}

func (e *embedded) stop() {
	s := e.server()
	s.Shutdown()
	s.WaitForShutdown()
}
