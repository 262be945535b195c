package inbound

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// handlerFault is an error of a handler that the message itself may have caused, such as a panic.
type handlerFault interface {
	error
	// Poison is what the message did, as a dead letter says it.
	Poison() string
}

// Unprocessable is why a message can't be taken in, if that lies in the message; nil: the
// fault is the engine's, such as a full disk, and passes.
func Unprocessable(err error) *domain.Unprocessable {
	var known *domain.Unprocessable
	var p handlerFault
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &p):
		return notHandled(p.Poison(), err)
	case errors.Is(err, eventstore.ErrTooLarge):
		return notHandled("makes more facts than the ledger takes at once; send it in smaller parts", err)
	}
	return nil
}

// poisonDeliveries is how often a message is delivered that fails in a way that may be
// chance, such as a panic.
const poisonDeliveries = 3

// MaxDeliveries is how often a message that fails with the error is delivered before it goes
// to the dead letters; 0: for ever.
func MaxDeliveries(err error) uint64 {
	var known *domain.Unprocessable
	switch {
	case errors.As(err, &known):
		return 1
	case Unprocessable(err) != nil:
		return poisonDeliveries
	}
	return 0
}

// MostDeadLetters is how many open dead letters of a firm are kept with their bodies. Of
// further ones the reasons are kept, and where the bus has them whole.
const MostDeadLetters = 1000

// keptOfBody is how much of a body a dead letter holds, in bytes. A digest tells the rest.
const keptOfBody = 64 << 10

// Source is where a message came from, as far as it says.
type Source struct {
	Firm   domain.FirmID // "": it names none
	Origin domain.EventRef
	Type   string
	Name   string // under which the bus finds the message again
}

// DeadLetterOf is what is kept of a message that can't be taken in: as much as fits, why it
// can't be, and where the whole is. Of a firm whose dead letters are full the body is left out.
func DeadLetterOf(m Message, from Source, why *domain.Unprocessable, full func(domain.FirmID) bool) (domain.FirmID, domain.DeadLettered) {
	firm := from.Firm
	if firm == "" {
		firm = domain.Nobody
	}
	sum := sha256.Sum256(m.Body)
	kept := domain.DeadLettered{Code: why.Code, Faults: why.Faults, Subject: m.Subject, Type: from.Type, Origin: from.Origin, Vouched: m.Vouched,
		Header: eventHeader(m.Header), Body: m.Body[:min(len(m.Body), keptOfBody)], Size: len(m.Body), SHA256: hex.EncodeToString(sum[:]), Message: from.Name}
	if full(firm) {
		kept.Body, kept.Header = nil, nil
	}
	return firm, kept
}
