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

// sealedEvent precedes the name of an event whose data is sealed: versions that can't open it know no
// event of that name, and do not take the sealed text for the text.
const sealedEvent = "sealed "

// messages are a commit's records as NATS messages.
func messages(p *pending) []*nats.Msg {
	var msgs []*nats.Msg
	for _, a := range p.parts {
		msgs = append(msgs, partMessages(a)...)
	}
	return msgs
}

// partMessages are one stream's records. The first one carries the condition that the stream still
// ends at the head that the writer has seen. The server would refuse more conditions on the same
// subject.
func partMessages(a part) []*nats.Msg {
	msgs := make([]*nats.Msg, len(a.records))
	for i, r := range a.records {
		msgs[i] = message(r)
	}
	first := msgs[0]
	first.Header.Set(jetstream.ExpectedLastSubjSeqHeader, strconv.FormatUint(uint64(a.last.Seq), 10))
	first.Header.Set(jetstream.ExpectedLastSubjSeqSubjHeader, first.Subject)
	return msgs
}

// message is a record without a condition.
func message(r record) *nats.Msg {
	m := nats.NewMsg(ledgerSubject + r.stream)
	if m.Header.Set(headerEvent, r.name); r.sealed {
		m.Header.Set(headerEvent, sealedEvent+r.name)
	}
	m.Header.Set(headerVersion, strconv.FormatUint(r.version, 10))
	m.Header.Set(headerAt, r.at.Format(time.RFC3339Nano))
	m.Header.Set(headerHash, hex.EncodeToString(r.hash[:]))
	m.Data = r.data
	return m
}

// parseMessage reads what messages wrote. The record's data shares data's memory.
func parseMessage(subject string, h nats.Header, data []byte) (record, error) {
	r := record{data: data}
	r.name, r.sealed = strings.CutPrefix(h.Get(headerEvent), sealedEvent)
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
