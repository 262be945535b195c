package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
)

// operatorAccess is what the engine leaves in its data directory for the operator's
// commands.
type Access struct {
	URL   string `json:"url"`
	Token string `json:"token"`
}

// readAccess is how to reach the engine that left its address in a data directory; none did
// where it is the zero value.
func ReadAccess(dir string) (a Access, err error) {
	data, err := os.ReadFile(accessPath(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return a, nil
	}
	if err != nil {
		return a, fmt.Errorf("read %s: %w; run this as the engine's user", accessPath(dir), err)
	}
	if err := json.Unmarshal(data, &a); err != nil {
		return a, fmt.Errorf("read %s: %w; start the engine again to renew it", accessPath(dir), err)
	}
	return a, nil
}

func accessPath(dir string) string { return filepath.Join(dir, "operator.json") }

// WritePrivate replaces a file that only its owner may read. Whoever reads it finds what it had before, or
// all of data.
func WritePrivate(path string, data []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = tmp.Write(data)
	if err == nil {
		err = tmp.Sync()
	}
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return nil
}

// loopback is the address at which programs on this machine reach a listener.
func loopback(address string) string {
	host, port, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return address
}

// leaveAddress tells the operator's commands on this machine where the engine is and
// how they may ask it. Only the engine's own user can read it.
func (e *Engine) leaveAddress(address string) error {
	data, err := json.Marshal(Access{URL: "http://" + loopback(address), Token: e.token})
	if err != nil {
		return err
	}
	if err := WritePrivate(accessPath(e.cfg.DataDir), data); err != nil {
		return fmt.Errorf("leave the address for operators: %w", err)
	}
	return nil
}
