package inbound

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"github.com/casehug/smokeball-sync/domain"
)

// Asker carries over the bus who posted an event. Others may publish events with headers of
// their choice, so the engine proves its own with a keyed hash over the subject, the user and
// the event.
type Asker struct {
	// Hash is a keyed hash of a text.
	Hash func(text string) (string, error)
}

const (
	askerHeader      = "engine-asked-by"
	askerProofHeader = "engine-asked-proof"
)

// sign adds the user who posts the event to its headers. Events of services are not signed:
// they name the user who asks.
func (a Asker) sign(by domain.User, subject string, header map[string]string, body []byte) error {
	delete(header, askerHeader)
	delete(header, askerProofHeader)
	if by.Role == domain.Service {
		return nil
	}
	proof, err := a.proof(by.Subject, subject, body)
	if err != nil {
		return err
	}
	header[askerHeader] = base64.RawURLEncoding.EncodeToString([]byte(by.Subject))
	header[askerProofHeader] = proof
	return nil
}

// name sets the event's asker to the user who posted it, if a user did.
func (a Asker) name(ev *domain.CaseHugEvent, m Message) error {
	if m.Header[askerHeader] == "" {
		return nil
	}
	by, err := base64.RawURLEncoding.DecodeString(m.Header[askerHeader])
	if err != nil {
		return nil // not signed by an engine
	}
	proof, err := a.proof(string(by), m.Subject, m.Body)
	if err != nil {
		return err
	}
	if hmac.Equal([]byte(proof), []byte(m.Header[askerProofHeader])) {
		ev.RequestedBy, ev.Proof = string(by), domain.AskedByToken
	}
	return nil
}

func (a Asker) proof(by, subject string, body []byte) (string, error) {
	return a.Hash(fmt.Sprintf("asked by %q on %q: %x", by, subject, sha256.Sum256(body)))
}
