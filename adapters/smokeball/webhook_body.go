package smokeball

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/casehug/smokeball-sync/domain"
)

var errNoType = errors.New("the webhook names no type")

// webhookBody is the body of a webhook.
type webhookBody struct {
	AccountID      looseText       `json:"accountId"`
	SubscriptionID looseText       `json:"subscriptionId"`
	Type           looseText       `json:"type"`
	Source         looseText       `json:"source"`
	Payload        json.RawMessage `json:"payload"`
	Timestamp      looseInt        `json:"timestamp"` // ticks
}

// payload holds the fields of all payloads: of the resource itself as a read shows
// it, or of an error.
type payload struct {
	ID         looseText `json:"id"`
	Href       looseText `json:"href"`
	FileID     looseText `json:"fileId"`
	ResourceID looseText `json:"resourceId"`
	MatterID   looseText `json:"matterId"`
	Matter     looseLink `json:"matter"`
	Message    looseText `json:"message"`
	IsUploaded looseBool `json:"isUploaded"`
	IsDeleted  looseBool `json:"isDeleted"`
	Cancelled  looseBool `json:"isCancelled"`
	SizeBytes  looseInt  `json:"sizeBytes"`
}

// ParseWebhook reads the body of a webhook. Only a type is required; what the body does not
// tell stays empty.
func ParseWebhook(body []byte) (domain.Webhook, error) {
	var w webhookBody
	if err := json.Unmarshal(withoutBOM(body), &w); err != nil {
		return domain.Webhook{}, fmt.Errorf("read webhook body: %w", err)
	}
	if w.Type == "" {
		return domain.Webhook{}, errNoType
	}
	p := payloadOf(w.Payload)
	return domain.Webhook{Account: string(w.AccountID), Subscription: string(w.SubscriptionID), Type: string(w.Type), Source: string(w.Source),
		Resource: p.resource(), Matter: p.matter(string(w.Type)), Message: string(p.Message), Ticks: max(int64(w.Timestamp), 0),
		Uploaded: p.uploaded(), Size: p.size()}, nil
}

// payloadOf reads an object or the first of a list; anything else is an empty payload.
func payloadOf(raw json.RawMessage) payload {
	var p payload
	if json.Unmarshal(raw, &p) == nil {
		return p
	}
	var all []payload
	if json.Unmarshal(raw, &all) == nil && len(all) > 0 {
		return all[0]
	}
	return payload{}
}

func (p payload) resource() domain.SmokeballID {
	for _, id := range []looseText{p.ResourceID, p.FileID, p.ID} {
		if id != "" {
			return domain.SmokeballID(id)
		}
	}
	return link{Href: string(p.Href)}.target()
}

// uploaded reports whether it is of a file that has its bytes.
func (p payload) uploaded() bool { return bool(p.IsUploaded && !p.IsDeleted && !p.Cancelled) }

// size is that of such a file.
func (p payload) size() int64 {
	if !p.uploaded() {
		return 0
	}
	return max(int64(p.SizeBytes), 0)
}

// matter is the matter that the event is about or belongs to.
func (p payload) matter(eventType string) domain.SmokeballID {
	switch {
	case p.MatterID != "":
		return domain.SmokeballID(p.MatterID)
	case p.Matter.target() != "":
		return p.Matter.target()
	case strings.HasPrefix(eventType, "matter."):
		return p.resource()
	}
	return matterIn(string(p.Href))
}

// matterIn is the matter that an address like …/matters/{id}/… names.
func matterIn(href string) domain.SmokeballID {
	_, rest, found := strings.Cut(href, "/matters/")
	if !found {
		return ""
	}
	id, _, _ := strings.Cut(rest, "/")
	return domain.SmokeballID(id)
}

// looseLink is a link; anything else is taken for none.
type looseLink struct{ link }

// UnmarshalJSON reads a link.
func (l *looseLink) UnmarshalJSON(b []byte) error {
	var told link
	if json.Unmarshal(b, &told) == nil {
		l.link = told
	}
	return nil
}
