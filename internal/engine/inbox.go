package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/adapters/bus"
	"github.com/casehug/smokeball-sync/adapters/casehug"
	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/connect"
)

// inbox puts on the bus what comes by HTTP.
type inbox struct {
	*Engine
	bridge connect.Bridge
}

// Event publishes a CloudEvent of a CaseHug service, or of a firm admin. What is not valid
// is refused and not kept: its sender has the reasons.
func (i inbox) Event(ctx context.Context, by domain.User, firm domain.FirmID, header http.Header, body []byte) (string, error) {
	h := eventHeader(flat(header))
	subject, id, err := casehug.Address(firm, h, body)
	if err != nil {
		return "", refusedEvent(err)
	}
	ev, err := i.decode(subject, h, body)
	if err == nil {
		err = i.intake.Check(ctx, ev)
	}
	if err != nil {
		return "", refusedEvent(err)
	}
	if err := i.signAsker(by, subject, h, body); err != nil {
		return "", err
	}
	if err := roomless(i.bus.Publish(ctx, bus.Bound+subject, id, h, body)); err != nil {
		return "", err
	}
	return ev.Origin.ID, nil
}

// roomless is what callers are told where the bus has no room: nothing is kept, so that they
// send it again.
func roomless(err error) error {
	if !errors.Is(err, bus.ErrFull) {
		return err
	}
	return &domain.CallError{Op: "publish", Class: domain.Retryable, After: time.Minute, Err: err, Failure: domain.Failure{Code: domain.CodeBusFull,
		Message: "So many events wait to be taken in that there is no room for more", Remedy: "Send it again later; operators find the reason in the log."}}
}

// longestHeader is the most bytes of a header's value that are passed on.
const longestHeader = 2 << 10

// eventHeader keeps the headers that belong to a CloudEvent and those that say who asked,
// and nothing that the bus or anything else would take for an order.
func eventHeader(all map[string]string) map[string]string {
	kept := map[string]string{}
	for name, value := range all {
		if n := strings.ToLower(name); (n == "content-type" || strings.HasPrefix(n, "ce-") || n == askerHeader || n == askerProofHeader) && len(value) <= longestHeader && len(kept) < 64 {
			kept[n] = value
		}
	}
	return kept
}

func refusedEvent(err error) error {
	var invalid *casehug.InvalidEvent
	var unfit *domain.Unprocessable
	var faults []domain.FieldFault
	code, message, remedy := domain.CodeInvalidEvent, "The event is not valid", "Correct the fields that are named and send it again under a new id."
	switch {
	case errors.As(err, &invalid):
		faults = invalid.Faults
	case errors.As(err, &unfit):
		faults = unfit.Faults
		if unfit.Code == domain.CodeEventIDUsed {
			code, message, remedy = unfit.Code, "Another event was taken in under this id", "Send it again under an id of its own."
		}
	default:
		return err
	}
	return &domain.Rejection{Reason: domain.Invalid, Faults: faults, Failure: domain.Failure{Code: code, Message: message, Remedy: remedy}}
}

// Addressee is the firm of a secret address.
func (i inbox) Addressee(ctx context.Context, secret string) (domain.FirmID, error) {
	return i.bridge.Addressee(ctx, secret)
}

// Webhook takes in what came to a firm's secret address.
func (i inbox) Webhook(ctx context.Context, secret string, header http.Header, body []byte) error {
	return i.bridge.Webhook(ctx, secret, header, body)
}

func (e *Engine) newBridge() connect.Bridge {
	return connect.Bridge{Service: e.connections, Publish: e.publishWebhook,
		Verify: func(f domain.FirmID, key string, h http.Header) error {
			return smokeball.Verify(key, e.client.ClientID(f), h, time.Now())
		},
		About: func(body []byte) (account, subscription string, err error) {
			n, err := smokeball.ParseNotification(body)
			return n.AccountID, n.SubscriptionID, err
		}}
}

// notification is com.smokeball.webhook.received: a CloudEvent with the notification
// as received, and the id of the request that caused it as an extension.
type notification struct {
	SpecVersion string           `json:"specversion"`
	ID          string           `json:"id"`
	Source      string           `json:"source"`
	Type        string           `json:"type"`
	Time        time.Time        `json:"time"`
	Content     string           `json:"datacontenttype"`
	Request     domain.RequestID `json:"requestid,omitempty"`
	Data        json.RawMessage  `json:"data"`
}

// publishWebhook puts a notification on the bus, once for the same headers and body.
func (e *Engine) publishWebhook(ctx context.Context, f domain.FirmID, header http.Header, body []byte) error {
	n, err := smokeball.ParseNotification(body)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%s", header.Get("RequestId"), header.Get("Timestamp"), body))
	id := hex.EncodeToString(sum[:16])
	data, err := json.Marshal(notification{SpecVersion: "1.0", ID: id, Source: "/smokeball", Type: domain.TypeWebhookReceived,
		Time: time.Now().UTC(), Content: "application/json", Request: domain.RequestID(header.Get("RequestId")), Data: n.Raw})
	if err != nil {
		return err
	}
	return roomless(e.bus.Publish(ctx, "smokeball."+string(f)+".webhook."+subjectWords(n.Type), "/smokeball/"+id,
		map[string]string{"content-type": "application/cloudevents+json"}, data))
}

// subjectWords is a notification's type as the end of a subject.
func subjectWords(kind string) string {
	var words []string
	for w := range strings.SplitSeq(kind, ".") {
		if domain.ValidID(w) {
			words = append(words, w)
		}
	}
	if len(words) == 0 {
		return "unknown"
	}
	return strings.Join(words, ".")
}
