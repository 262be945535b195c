package bus_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/casehug/smokeball-sync/adapters/bus"
)

// certificate makes one for 127.0.0.1 and returns its files.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, about, about, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := func(name, kind string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: data}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return file("cert.pem", "CERTIFICATE", der), file("key.pem", "PRIVATE KEY", secret)
}

// TestTheEmbeddedBusSpeaksTLS lets a tenant in by TLS alone.
func TestTheEmbeddedBusSpeaksTLS(t *testing.T) {
	t.Parallel()
	cert, key := certificate(t)
	b := open(t, func(c *bus.Config) { c.TLSCert, c.TLSKey = cert, key })
	_, js := dial(t, b, nats.RootCAs(cert))
	if _, err := js.Publish(brief(t), "casehug.f1.matter.created", nil); err != nil {
		t.Error(err)
	}
	if conn, err := bus.Dial(b.ClientURL()); err == nil {
		conn.Close()
		t.Error("a tenant that does not know the certificate connects")
	}
	plain, err := net.Dial("tcp", strings.TrimPrefix(strings.TrimPrefix(b.ClientURL(), "nats://"), "tls://"))
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	if err := plain.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := plain.Write([]byte("CONNECT {\"verbose\":true}\r\nPING\r\n")); err != nil {
		t.Fatal(err)
	}
	said := make([]byte, 4096)
	for {
		n, err := plain.Read(said)
		if strings.Contains(string(said[:n]), "PONG") {
			t.Error("it answers in the clear")
		}
		if err != nil {
			return
		}
	}
}

// TestTheNetworkIsForUsersWithTLS: which addresses the bus takes.
func TestTheNetworkIsForUsersWithTLS(t *testing.T) {
	t.Parallel()
	cert, key := certificate(t)
	users := filepath.Join(t.TempDir(), "users.yaml")
	if err := os.WriteFile(users, []byte("users: [{nkey: UAEPLR4J7ATYLO4DYRXFZOQS6FCZCFSMBVPD2OH6PYIY3SRAGQRQVCVU, firm: f1}]"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		config bus.Config
		says   string
	}{
		"open to all":         {bus.Config{Listen: "0.0.0.0:0"}, "ENGINE_NATS_LISTEN"},
		"every address":       {bus.Config{Listen: ":0"}, "ENGINE_NATS_USERS_FILE"},
		"users without TLS":   {bus.Config{Listen: "0.0.0.0:0", UsersFile: users}, "ENGINE_NATS_TLS_CERT"},
		"TLS without users":   {bus.Config{Listen: "[::]:0", TLSCert: cert, TLSKey: key}, "ENGINE_NATS_INSECURE"},
		"half of TLS":         {bus.Config{Listen: "127.0.0.1:0", TLSCert: cert}, "ENGINE_NATS_TLS_KEY"},
		"no certificate":      {bus.Config{Listen: "127.0.0.1:0", TLSCert: key, TLSKey: key}, "ENGINE_NATS_TLS_CERT"},
		"loopback":            {bus.Config{Listen: "localhost:0"}, ""},
		"said to be insecure": {bus.Config{Listen: "0.0.0.0:0", Insecure: true}, ""},
	} {
		c.config.DataDir, c.config.Logger = t.TempDir(), slog.New(slog.DiscardHandler)
		b, err := bus.Open(t.Context(), c.config)
		if err == nil {
			shut(t, b)
		}
		if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: %v; want %q", name, err, c.says)
		}
	}
}
