package smokeballsim

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// stateTitle begins every state file; its number is the version of the format.
const stateTitle = "smokeball-sim state 2"

var (
	errForeign = errors.New("it is no state file of this simulator: name another file, or move this one away")
	errDamaged = errors.New("it is damaged: put back a good copy, or remove it to start over")
)

// stateHeader is the first line of a state file: its title and the SHA-256 of its body.
func stateHeader(body []byte) []byte {
	return fmt.Appendf(nil, "%s %x\n", stateTitle, sha256.Sum256(body))
}

// readState returns the body of a state file, nil where there is no file.
func readState(path string) ([]byte, error) {
	all, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(all, []byte(stateTitle+" ")) {
		return nil, errForeign
	}
	_, body, _ := bytes.Cut(all, []byte("\n"))
	if !bytes.HasPrefix(all, stateHeader(body)) {
		return nil, errDamaged
	}
	return body, nil
}

// writeState replaces the state file atomically: a kill leaves either the old body or the new
// one. A power failure may lose the newest bodies.
func writeState(path string, body []byte) error {
	next := path + ".new"
	if err := os.WriteFile(next, append(stateHeader(body), body...), 0o600); err != nil {
		return fmt.Errorf("keep the state: %w", err)
	}
	if err := os.Rename(next, path); err != nil {
		return fmt.Errorf("keep the state: %w", err)
	}
	return nil
}
