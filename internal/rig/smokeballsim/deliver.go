package smokeballsim

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Delivery is the fate of one webhook.
type Delivery struct {
	Account      string    `json:"account"`
	Subscription string    `json:"subscription"`
	Type         string    `json:"type"`
	RequestID    string    `json:"requestId"`
	Source       string    `json:"source"`   // API or Smokeball
	Attempts     int       `json:"attempts"` // how often it was sent
	Status       int       `json:"status"`   // the receiver's last answer; 0: none
	Outcome      string    `json:"outcome"`  // delivered, lost or dropped
	At           time.Time `json:"at"`       // when its outcome was certain
}

// notice is the body of a webhook.
type notice struct {
	AccountID      string `json:"accountId"`
	UserID         string `json:"userId,omitempty"`
	SubscriptionID string `json:"subscriptionId"`
	Type           string `json:"type"`
	Source         string `json:"source"`
	Payload        any    `json:"payload"`
	Timestamp      int64  `json:"timestamp"` // .NET ticks
}

func hookClient(c Config) *http.Client {
	if c.HTTP != nil {
		return c.HTTP
	}
	return &http.Client{
		Timeout:       10 * time.Second,
		Transport:     &http.Transport{MaxIdleConnsPerHost: 32},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// notify sends a webhook to all of the firm's subscriptions to the event type. The caller holds
// the lock.
func (s *webhooks) notify(from origin, event string, payload any) {
	for h := range s.account(from.Account).Hooks.all() {
		if slices.Contains(h.In.EventTypes, event) {
			s.dispatch(from, h, event, payload)
		}
	}
}

// dispatch queues one webhook: once, twice, late or not at all, as the armed faults say.
func (s *webhooks) dispatch(from origin, h *subscription, event string, payload any) {
	body, err := json.Marshal(notice{from.Account, from.User, h.ID, event, from.Source, payload, ticks(time.Now())})
	if err != nil {
		s.config.Log.Error("webhook cannot be rendered", "type", event, "err", err)
		return
	}
	d := Delivery{Account: from.Account, Subscription: h.ID, Type: event, RequestID: from.RequestID, Source: from.Source}
	f, hit := s.strike(event, Duplicate, Reorder, Drop)
	if hit && f.Kind == Drop {
		d.Outcome, d.At = "dropped", time.Now()
		s.deliveries = remember(s.deliveries, d)
		return
	}
	late := time.Duration(0)
	if hit && f.Kind == Reorder {
		late = time.Duration(f.Delay)
	}
	s.launch(parcel{d, h.In.URL, h.In.Key, h.Client, body}, late)
	if hit && f.Kind == Duplicate {
		s.launch(parcel{d, h.In.URL, h.In.Key, h.Client, body}, 0)
	}
}

// parcel is a webhook that is ready to be sent.
type parcel struct {
	Delivery
	url, key string
	client   string // whose id is signed
	body     []byte
}

// launch delivers p in the background, after a delay. The caller holds the lock.
func (s *webhooks) launch(p parcel, after time.Duration) {
	if s.closed {
		return
	}
	s.wait.Go(func() {
		if s.pause(after) && s.deliver(&p) {
			s.mu.Lock()
			defer s.mu.Unlock()
			p.At = time.Now()
			s.deliveries = remember(s.deliveries, p.Delivery)
		}
	})
}

// deliver sends p until the receiver accepts it or the attempts are used up, and reports
// whether the server stayed open that long.
func (s *webhooks) deliver(p *parcel) bool {
	p.Outcome = "lost"
	for _, wait := range append([]time.Duration{0}, s.config.RetryPauses...) {
		if !s.pause(wait) {
			return false
		}
		p.Attempts++
		p.Status = s.post(p)
		if p.Status >= 200 && p.Status < 300 {
			p.Outcome = "delivered"
			return true
		}
	}
	return true
}

// post sends p once and returns the receiver's answer, 0 where there was none.
func (s *webhooks) post(p *parcel) int {
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-s.ctx.Done():
		return 0
	}
	r, err := http.NewRequestWithContext(s.ctx, http.MethodPost, p.url, bytes.NewReader(p.body))
	if err != nil {
		return 0
	}
	sent := strconv.FormatInt(ticks(time.Now()), 10)
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set("RequestId", p.RequestID)
	r.Header.Set("Timestamp", sent)
	if p.key != "" {
		r.Header.Set("Signature", signature(p.key, sent, p.RequestID, p.client))
	}
	answer, err := s.client.Do(r)
	if err != nil {
		s.config.Log.Debug("webhook not delivered", "type", p.Type, "request_id", p.RequestID)
		return 0
	}
	_, err = io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<16))
	return cmp.Or(statusUnless(err, answer.StatusCode), statusUnless(answer.Body.Close(), 0))
}

func statusUnless(err error, status int) int {
	if err != nil {
		return 0
	}
	return status
}

// signature signs the header triple, not the body: lower-case hex HMAC-SHA256 over
// Timestamp|RequestId|ClientId.
func signature(key, timestamp, requestID, clientID string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(timestamp + "|" + requestID + "|" + clientID))
	return hex.EncodeToString(mac.Sum(nil))
}

// Deliveries lists the newest webhooks whose outcome is certain, in the order of their
// outcomes.
func (s *webhooks) Deliveries() []Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.deliveries)
}
