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
	// Poison describes the fault for the dead letter.
	Poison() string
}

// Unprocessable returns why the message itself can't be processed; nil: the fault is the
// engine's, such as a full disk, and a later delivery may succeed.
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

// poisonDeliveries limits the deliveries of a message whose failure may be chance, such as a
// panic.
const poisonDeliveries = 3

// MaxDeliveries returns how often a message that fails with the error is delivered before it
// becomes a dead letter; 0: no limit.
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

// MostDeadLetters limits the open dead letters of a firm that are kept with their bodies.
// Further ones are kept without the body, with the reasons and the position on the bus.
const MostDeadLetters = 1000

// keptOfBody limits the part of a body that a dead letter holds, in bytes. A digest identifies
// the whole.
const keptOfBody = 64 << 10

// Source is where a message came from, as far as the message says.
type Source struct {
	Firm   domain.FirmID // "": the message names none
	Origin domain.EventRef
	Type   string
	Name   string // by which the bus finds the message
}

// DeadLetterOf returns the dead letter of a message that can't be processed: as much of the
// body as fits, the reasons, and where the whole message is. The body is left out if the firm
// has reached MostDeadLetters.
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
