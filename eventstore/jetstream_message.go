package eventstore

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// The headers of an event in JetStream; its data is the message's body.
const (
	headerEvent   = "Ledger-Event"
	headerVersion = "Ledger-Version"
	headerAt      = "Ledger-At"
	headerHash    = "Ledger-Hash"
)

// messages are a commit's records as NATS messages.
func messages(p *pending) []*nats.Msg {
	var msgs []*nats.Msg
	for _, a := range p.parts {
		msgs = append(msgs, partMessages(a)...)
	}
	return msgs
}

// partMessages are one stream's records. The first one carries the condition that the
// stream is still as the writer knows it; more conditions on the same subject would be
// refused.
func partMessages(a part) []*nats.Msg {
	msgs := make([]*nats.Msg, len(a.records))
	for i, r := range a.records {
		m := nats.NewMsg(ledgerSubject + r.stream)
		m.Header.Set(headerEvent, r.name)
		m.Header.Set(headerVersion, strconv.FormatUint(r.version, 10))
		m.Header.Set(headerAt, r.at.Format(time.RFC3339Nano))
		m.Header.Set(headerHash, hex.EncodeToString(r.hash[:]))
		m.Data = r.data
		msgs[i] = m
	}
	first := msgs[0]
	first.Header.Set(jetstream.ExpectedLastSubjSeqHeader, strconv.FormatUint(uint64(a.last.Seq), 10))
	first.Header.Set(jetstream.ExpectedLastSubjSeqSubjHeader, first.Subject)
	return msgs
}

// parseMessage reads what messages wrote. The record's data shares data's memory.
func parseMessage(subject string, h nats.Header, data []byte) (record, error) {
	r := record{name: h.Get(headerEvent), data: data}
	var ok bool
	if r.stream, ok = strings.CutPrefix(subject, ledgerSubject); !ok {
		return record{}, fmt.Errorf("subject %q is not one of the ledger", subject)
	}
	var err error
	if r.version, err = strconv.ParseUint(h.Get(headerVersion), 10, 64); err != nil {
		return record{}, fmt.Errorf("header %s: %w", headerVersion, err)
	}
	if r.at, err = time.Parse(time.RFC3339Nano, h.Get(headerAt)); err != nil {
		return record{}, fmt.Errorf("header %s: %w", headerAt, err)
	}
	hash, err := hex.DecodeString(h.Get(headerHash))
	if err != nil || len(hash) != len(r.hash) {
		return record{}, errors.New("header " + headerHash + ": not a hash")
	}
	copy(r.hash[:], hash)
	r.at = r.at.UTC()
	return r, nil
}
