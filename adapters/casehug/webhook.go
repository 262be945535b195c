package casehug

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/casehug/smokeball-sync/domain"
)

// A webhook crosses the bus as com.smokeball.webhook.received: its data is the body as
// JSON, without a byte order mark and without space between values. What the bridge read in it
// stands beside that, in extension attributes.
const (
	requestAttribute  = "requestid"
	typeAttribute     = "webhooktype"
	sourceAttribute   = "webhooksource"
	resourceAttribute = "webhookresource"
	matterAttribute   = "webhookmatter"
	messageAttribute  = "webhookmessage"
	ticksAttribute    = "webhookticks"
	uploadedAttribute = "webhookuploaded" // the size of a file that has its bytes; 0: not told
)

const webhookPrefix = "smokeball."

// EncodeWebhook writes a webhook as a structured CloudEvent. The same delivery gives the same
// message id.
func EncodeWebhook(d domain.WebhookDelivery) (Message, error) {
	body, err := webhookEvent(d)
	return Message{Subject: webhookSubject(d), ID: messageID(d.Origin), Header: map[string]string{"content-type": event.ApplicationCloudEventsJSON}, Body: body}, err
}

// EncodeWebhooks writes webhooks of one firm and type as one message: a single one as EncodeWebhook
// does, several in the batch mode of CloudEvents.
func EncodeWebhooks(list []domain.WebhookDelivery) (Message, error) {
	if len(list) == 1 {
		return EncodeWebhook(list[0])
	}
	batch := []byte{'['}
	for i, d := range list {
		one, err := webhookEvent(d)
		if err != nil {
			return Message{}, err
		}
		if i > 0 {
			batch = append(batch, ',')
		}
		batch = append(batch, one...)
	}
	return Message{Subject: webhookSubject(list[0]), ID: messageID(list[0].Origin), Header: map[string]string{"content-type": event.ApplicationCloudEventsBatchJSON}, Body: append(batch, ']')}, nil
}

func webhookSubject(d domain.WebhookDelivery) string {
	return webhookPrefix + string(d.Firm) + ".webhook." + subjectWords(d.Webhook.Type)
}

func webhookEvent(d domain.WebhookDelivery) ([]byte, error) {
	ce := event.New(event.CloudEventsVersionV1)
	ce.SetID(d.Origin.ID)
	ce.SetSource(d.Origin.Source)
	ce.SetType(domain.TypeWebhookReceived)
	ce.SetTime(d.At)
	for name, value := range map[string]string{requestAttribute: string(d.Request), typeAttribute: d.Webhook.Type, sourceAttribute: d.Webhook.Source,
		resourceAttribute: string(d.Webhook.Resource), matterAttribute: string(d.Webhook.Matter), messageAttribute: d.Webhook.Message, ticksAttribute: ticksText(d.Webhook.Ticks), uploadedAttribute: uploadedText(d.Webhook)} {
		if value = attributeText(value); value != "" {
			ce.SetExtension(name, value)
		}
	}
	err := ce.SetData(event.ApplicationJSON, json.RawMessage(withoutBOM(d.Body)))
	if err == nil {
		err = ce.Validate()
	}
	if err != nil {
		return nil, fmt.Errorf("encode webhook %s: %w", d.Origin.ID, err)
	}
	return ce.MarshalJSON()
}

// ticksText is a time in ticks, in decimal digits: an integer of CloudEvents ends at 2^31.
func ticksText(ticks int64) string {
	if ticks == 0 {
		return ""
	}
	return strconv.FormatInt(ticks, 10)
}

// uploadedText is the size of a file that has its bytes; "": it has none.
func uploadedText(w domain.Webhook) string {
	if !w.Uploaded {
		return ""
	}
	return strconv.FormatInt(w.Size, 10)
}

// attributeText is a text as an attribute may hold it: CloudEvents allows no control
// characters there.
func attributeText(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
}

// subjectWords is a webhook's type as the end of a subject.
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

// IsWebhook reports whether webhooks are published on the subject.
func IsWebhook(subject string) bool { return strings.HasPrefix(subject, webhookPrefix) }

// WebhookFirm is the firm of a webhook's subject, or Nobody.
func WebhookFirm(subject string) domain.FirmID {
	firm, _, _ := strings.Cut(strings.TrimPrefix(subject, webhookPrefix), ".")
	if !IsWebhook(subject) || !domain.ValidID(firm) {
		return domain.Nobody
	}
	return domain.FirmID(firm)
}

// DecodeWebhooks reads the webhooks of a message off the bus. Of a message that an earlier version
// of the engine published, Webhook is zero and only Body tells what it says.
func DecodeWebhooks(subject string, body []byte) ([]domain.WebhookDelivery, error) {
	events, err := webhookEvents(body)
	if err != nil {
		return nil, fmt.Errorf("read webhook: %w", err)
	}
	list := make([]domain.WebhookDelivery, len(events))
	for i, ce := range events {
		list[i] = delivery(WebhookFirm(subject), ce)
	}
	return list, nil
}

var errNoWebhook = errors.New("it holds none")

// webhookEvents reads one event, or those of a batch.
func webhookEvents(body []byte) ([]event.Event, error) {
	if !bytes.HasPrefix(bytes.TrimSpace(body), []byte{'['}) {
		var ce event.Event
		err := json.Unmarshal(body, &ce)
		return []event.Event{ce}, err
	}
	var batch []event.Event
	err := json.Unmarshal(body, &batch)
	if err == nil && len(batch) == 0 {
		err = errNoWebhook
	}
	return batch, err
}

func delivery(f domain.FirmID, ce event.Event) domain.WebhookDelivery {
	attribute := func(name string) string {
		value, _ := ce.Extensions()[name].(string)
		return value
	}
	ticks, _ := strconv.ParseInt(attribute(ticksAttribute), 10, 64) // an earlier version told none
	size, err := strconv.ParseInt(attribute(uploadedAttribute), 10, 64)
	uploaded := err == nil && size >= 0
	return domain.WebhookDelivery{Firm: f, Origin: domain.EventRef{Source: ce.Source(), ID: ce.ID()}, At: ce.Time(),
		Request: domain.RequestID(attribute(requestAttribute)), Body: ce.Data(),
		Webhook: domain.Webhook{Type: attribute(typeAttribute), Source: attribute(sourceAttribute), Resource: domain.SmokeballID(attribute(resourceAttribute)),
			Matter: domain.SmokeballID(attribute(matterAttribute)), Message: attribute(messageAttribute), Ticks: ticks,
			Uploaded: uploaded, Size: max(size, 0)}}
}
