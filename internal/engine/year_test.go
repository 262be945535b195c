package engine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
	"github.com/casehug/smokeball-sync/internal/config"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

const (
	otherAccount = "6a1e2f30-54c1-4a8e-9c55-7b1f6f6d3a00"
	yearURL      = "https://engine.example"
	honoured     = 60 * 24 * time.Hour // how long Smokeball honours a consent in the story
)

// year is a law firm's year with one engine after the other on the same data. The ledger
// and the views are files; the bus is left out: what it would carry is handed over. Its
// clock is that of the bubble that it lives in.
type year struct {
	*testing.T
	sim     *smokeballsim.Server
	start   time.Time
	days    int
	folder  string
	buckets map[string]*bucket
	e       *Engine // nil while none runs
	parts   *parts
	hearing sync.RWMutex // for those who send webhooks: whether an engine runs
	muted   atomic.Bool  // no webhook arrives

	mu   sync.Mutex
	told map[string]map[string]bool // what CaseHug heard: ids by subject

	restarts, consents, outages, rotations int
}

func newYear(t *testing.T) *year {
	y := &year{T: t, start: time.Now(), days: wholeYear, folder: memory(t), buckets: map[string]*bucket{}, told: map[string]map[string]bool{}}
	y.sim = smokeballsim.New(smokeballsim.Config{ClientID: appID, ClientSecret: appSecret, APIKey: appKey, Seed: 1, RefreshLifetime: honoured,
		URL: "https://smokeball.example", HTTP: &http.Client{Transport: y}, RedirectURIs: []string{yearURL + callbackPath},
		Accounts: []smokeballsim.Account{{ID: testAccount, Name: "Brown LLC"}, {ID: otherAccount, Name: "Green LLC"}}})
	t.Cleanup(func() { y.stop(); y.must(y.sim.Close()) })
	y.begin()
	return y
}

// memory is a folder that no disk has to be waited for, where there is such a one: a year
// syncs thousands of times.
func memory(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("/dev/shm", "year-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(folder); err != nil {
			t.Error(err)
		}
	})
	return folder
}

func (y *year) must(err error) {
	y.Helper()
	if err != nil {
		y.Fatal(err)
	}
}

// begin opens an engine on the year's data and lets it work.
func (y *year) begin() {
	y.Helper()
	cfg := config.Settings{DataDir: y.folder, Listen: "127.0.0.1:0", PublicURL: yearURL, NATSListen: "off", Replicas: "1", ClientID: appID, ClientSecret: appSecret,
		APIKey: appKey, Region: "us", Environment: "production", APIURL: "https://smokeball.example", AuthURL: "https://smokeball.example",
		Rate: "5", Burst: "5", Authorization: honoured.String(), Visible: "30s", Confirm: "3m", GiveUp: "24h", Sweep: "10m", LogLevel: "info"}
	y.must(cfg.Check())
	e := newEngine(cfg, Options{Log: slog.New(slog.DiscardHandler)})
	e.msg, e.way = messaging{buckets: y.bucket, ask: once, news: y}, y.sim.Transport()
	for _, open := range []func(context.Context) error{e.store.openFolder, e.store.openLedger, e.store.openViews, e.store.openSpool, e.openSmokeball, e.openHandlers} {
		y.must(open(y.Context()))
	}
	e.jobs.schedule.Handler.Documents = sheets{}
	y.hearing.Lock()
	defer y.hearing.Unlock()
	y.e, y.parts = e, newParts(e.log)
	e.work(y.parts)
}

func (y *year) stop() {
	y.Helper()
	y.hearing.Lock()
	e := y.e
	y.e = nil
	y.hearing.Unlock()
	if e != nil {
		y.parts.stop()
		y.must(e.Close())
	}
}

func (y *year) restart(away time.Duration) {
	y.Helper()
	y.stop()
	time.Sleep(away)
	y.begin()
	y.restarts++
}

func once(ctx context.Context, question func(context.Context) error) error { return question(ctx) }

func (y *year) bucket(_ context.Context, name string) (jetstream.KeyValue, error) {
	if y.buckets[name] == nil {
		y.buckets[name] = newBucket()
	}
	return y.buckets[name], nil
}

// Publish is the bus on the way to CaseHug.
func (y *year) Publish(subject string, messages ...*message.Message) error {
	y.mu.Lock()
	defer y.mu.Unlock()
	if y.told[subject] == nil {
		y.told[subject] = map[string]bool{}
	}
	for _, m := range messages {
		y.told[subject][m.UUID] = true
	}
	return nil
}

// Close has nothing to close.
func (y *year) Close() error { return nil }

func (y *year) heard(topic string) int {
	y.mu.Lock()
	defer y.mu.Unlock()
	return len(y.told["sync."+string(testFirm)+"."+topic])
}

// RoundTrip is a webhook's way to the bridge, and on to its handler.
func (y *year) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	y.hearing.RLock()
	defer y.hearing.RUnlock()
	answer := &http.Response{StatusCode: http.StatusServiceUnavailable, Header: http.Header{}, Body: http.NoBody, Request: r}
	if y.e == nil || y.muted.Load() {
		return answer, nil
	}
	bridge := y.e.in.bridge
	bridge.Publish = y.receive
	err = bridge.Receive(r.Context(), strings.TrimPrefix(r.URL.Path, "/webhooks/smokeball/"), r.Header, body)
	if answer.StatusCode = http.StatusOK; err != nil {
		answer.StatusCode = http.StatusNotFound
	}
	return answer, nil
}

func (y *year) receive(ctx context.Context, d domain.WebhookDelivery) error {
	return y.e.in.inbound.Webhooks.Record(ctx, d.Firm, d.Received())
}

// at waits until a time of a day of the story.
func (y *year) at(day int, clock time.Duration) {
	time.Sleep(time.Until(y.start.Add(time.Duration(day)*24*time.Hour + clock)))
}

// consent is a firm admin who signs in to an account and clicks Allow.
func (y *year) consent(account string) bool {
	y.Helper()
	who := admin()
	link, _, err := y.e.smokeball.connections.Authorize(y.Context(), who)
	y.must(err)
	r, err := http.NewRequestWithContext(y.Context(), http.MethodPost, link, strings.NewReader(url.Values{"decision": {"allow"}, "account": {account}}.Encode()))
	y.must(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := y.sim.Transport().RoundTrip(r)
	y.must(err)
	y.must(answer.Body.Close())
	back, err := url.Parse(answer.Header.Get("Location"))
	y.must(err)
	q := back.Query()
	done, err := firms{y.e.smokeball.connections, y.e.store.views.Progress}.Complete(y.Context(), ports.Callback{State: q.Get("state"), Code: q.Get("code")}, &who)
	y.must(err)
	return done.Asks
}

// connects is an admin who connects the firm, or signs in again.
func (y *year) connects() {
	y.Helper()
	if y.consent(testAccount) {
		y.Error("the firm's own account is asked about")
	}
	y.consents++
}

func (y *year) registers() {
	y.Helper()
	_, err := y.e.smokeball.connections.RegisterWebhooks(y.Context(), admin())
	y.must(err)
}

// outage is a Smokeball that answers nothing well for a while.
func (y *year) outage(d time.Duration) {
	y.Helper()
	y.must(y.sim.Fault(smokeballsim.Fault{Kind: smokeballsim.Status, Status: http.StatusServiceUnavailable}))
	time.AfterFunc(d, y.sim.ClearFaults)
	y.outages++
}

// announces is CaseHug that announces a matter and an approved document of a day.
func (y *year) announces(day int) {
	y.Helper()
	m, d := matterOf(day), documentOf(day)
	for _, e := range []domain.CaseHugEvent{
		{Type: domain.TypeMatterCreated, Origin: domain.EventRef{Source: "/casehug", ID: "created-" + string(m.ID)}, Matter: &m},
		{Type: domain.TypeDocumentApproved, Origin: domain.EventRef{Source: "/casehug", ID: "approved-" + string(d.ID)}, Documents: []domain.DocumentData{d}},
	} {
		e.Firm, e.Time = testFirm, time.Now()
		y.must(y.e.in.requests.TakeIn(y.Context(), e))
	}
}

func matterOf(day int) domain.MatterData {
	client := domain.ClientData{ID: domain.ClientID(fmt.Sprint("c_", day%40)), Version: 1, FirstName: "Maria", LastName: fmt.Sprint("Rivera ", day%40), Email: fmt.Sprintf("maria%d@example.com", day%40)}
	return domain.MatterData{ID: domain.MatterID(fmt.Sprint("m_", day)), Version: 1, Title: fmt.Sprint("Matter of day ", day), CaseNumber: fmt.Sprintf("CH-%04d", day),
		CaseType: "Auto Accident", PracticeArea: "Personal Injury", Jurisdiction: "IL", Status: "active", Client: client}
}

func documentOf(day int) domain.DocumentData {
	text := fmt.Sprint("document of day ", day)
	size := int64(len(text))
	return domain.DocumentData{ID: domain.DocumentID(fmt.Sprint("d_", day)), Matter: matterOf(day).ID, FileName: fmt.Sprintf("day %d.txt", day), ContentType: "text/plain",
		SizeBytes: &size, SHA256: hashOf(text), Content: domain.Content{Object: text}}
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// sheets are documents that lie where their address says what is in them.
type sheets struct{}

func (sheets) Open(_ context.Context, _ domain.FirmID, d domain.Document) (io.ReadCloser, bool, error) {
	return io.NopCloser(bytes.NewReader([]byte(d.Data.Content.Object))), false, nil
}

// status is the connection's status as the API tells it.
func (y *year) status() string {
	y.Helper()
	_, head, err := eventstore.Load[domain.Connection](y.Context(), y.e.store.ledger, domain.ConnectionStream(testFirm))
	y.must(err)
	y.must(y.e.store.views.Wait(y.Context(), uint64(head.Seq)))
	row, err := y.e.store.views.Connections.Connection(testFirm)
	y.must(err)
	return string(row.Connection.Status(time.Now())) + ", webhooks " + row.WebhooksStatus(time.Now())
}
