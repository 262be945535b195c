package smokeball

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// Notification is the body of a webhook. It is a hint, not a fact: the body is not
// signed.
type Notification struct {
	AccountID      string
	UserID         string
	SubscriptionID string
	Type           string // such as matter.updated
	Source         string // Smokeball or API; API may be our own echo
	Resource       domain.SmokeballID
	ResourceName   string             // what Smokeball calls the resource of an error event
	Matter         domain.SmokeballID // the matter that a matter, file, task or event belongs to
	Message        string             // why, of an error event
	Timestamp      time.Time          // when it happened; zero: not told
	Raw            json.RawMessage    // the body as it came
}

var errNoType = errors.New("the notification names no type")

type notification struct {
	AccountID      looseText       `json:"accountId"`
	UserID         looseText       `json:"userId"`
	SubscriptionID looseText       `json:"subscriptionId"`
	Type           looseText       `json:"type"`
	Source         looseText       `json:"source"`
	Payload        json.RawMessage `json:"payload"`
	Timestamp      looseTicks      `json:"timestamp"`
}

// payload holds what any of the payloads tells: of the resource itself as a read shows
// it, or of an error.
type payload struct {
	ID           looseText `json:"id"`
	Href         looseText `json:"href"`
	FileID       looseText `json:"fileId"`
	ResourceID   looseText `json:"resourceId"`
	ResourceName looseText `json:"resourceName"`
	MatterID     looseText `json:"matterId"`
	Matter       looseLink `json:"matter"`
	Message      looseText `json:"message"`
}

// ParseNotification reads the body of a webhook. Only a type is asked for; what the
// payload does not tell stays empty.
func ParseNotification(body []byte) (Notification, error) {
	body = withoutBOM(body)
	var n notification
	if err := json.Unmarshal(body, &n); err != nil {
		return Notification{}, fmt.Errorf("read webhook body: %w", err)
	}
	if n.Type == "" {
		return Notification{}, errNoType
	}
	p := payloadOf(n.Payload)
	return Notification{
		AccountID:      string(n.AccountID),
		UserID:         string(n.UserID),
		SubscriptionID: string(n.SubscriptionID),
		Type:           string(n.Type),
		Source:         string(n.Source),
		Resource:       p.resource(),
		ResourceName:   string(p.ResourceName),
		Matter:         p.matter(string(n.Type)),
		Message:        string(p.Message),
		Timestamp:      time.Time(n.Timestamp),
		Raw:            bytes.Clone(body),
	}, nil
}

// payloadOf reads an object or the first of a list; anything else tells nothing.
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

// looseTicks is a time in ticks, as a number or as a text.
type looseTicks time.Time

// UnmarshalJSON reads ticks; anything else is taken for none.
func (t *looseTicks) UnmarshalJSON(b []byte) error {
	if ticks, ok := wholeNumber(strings.Trim(string(b), `"`)); ok && ticks > 0 {
		*t = looseTicks(FromTicks(ticks))
	}
	return nil
}
