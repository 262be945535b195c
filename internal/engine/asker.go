package engine

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"github.com/casehug/smokeball-sync/domain"
)

// An event that a signed-in user posts carries who that was over the bus. Others may publish
// events with headers of their choice, so the engine proves its own with a keyed hash over
// the subject, the user and the event.
const (
	askerHeader      = "engine-asked-by"
	askerProofHeader = "engine-asked-proof"
)

// signAsker adds who posts the event to its headers. A service is not who asks.
func (e *Engine) signAsker(by domain.User, subject string, header map[string]string, body []byte) error {
	delete(header, askerHeader)
	delete(header, askerProofHeader)
	if by.Role == domain.Service {
		return nil
	}
	proof, err := e.askerProof(by.Subject, subject, body)
	if err != nil {
		return err
	}
	header[askerHeader] = base64.RawURLEncoding.EncodeToString([]byte(by.Subject))
	header[askerProofHeader] = proof
	return nil
}

// nameAsker makes the user who posted the event, if one did, the one who asks.
func (e *Engine) nameAsker(ev *domain.CaseHugEvent, subject string, header map[string]string, body []byte) error {
	if header[askerHeader] == "" {
		return nil
	}
	by, err := base64.RawURLEncoding.DecodeString(header[askerHeader])
	if err != nil {
		return nil // somebody else's header
	}
	proof, err := e.askerProof(string(by), subject, body)
	if err != nil {
		return err
	}
	if hmac.Equal([]byte(proof), []byte(header[askerProofHeader])) {
		ev.RequestedBy, ev.Proof = string(by), domain.AskedByToken
	}
	return nil
}

func (e *Engine) askerProof(by, subject string, body []byte) (string, error) {
	return e.secrets.Vault.Name(fmt.Sprintf("asked by %q on %q: %x", by, subject, sha256.Sum256(body)))
}
