package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// publisher is CaseHug's services: they publish one matter after the other, wait for
// each acknowledgement, repeat what was not acknowledged, and nothing else.
type publisher struct {
	conn  *nats.Conn
	js    jetstream.JetStream
	end   func() // and wait until nobody publishes
	reads bool   // it may read what it has put, and does
	drop  func() // stop publishing, whatever is acknowledged
	pace  time.Duration
	// documents are the documents of a case.
	documents func(caseNumber) []document

	mu    sync.Mutex
	begun int           // cases that were begun
	told  int           // cases of which all is acknowledged
	lost  chan struct{} // closed and replaced when the engine is gone
}

const source = "/casehug/crashtest"

func newPublisher(address string) (p *publisher, err error) {
	p = &publisher{end: func() {}, drop: func() {}, pace: pace, documents: caseNumber.documents, lost: make(chan struct{})}
	p.conn, err = nats.Connect(address, nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.ReconnectWait(20*time.Millisecond), nats.ReconnectJitter(0, 0), nats.PingInterval(2*time.Second), nats.MaxPingsOutstanding(2),
		nats.DisconnectErrHandler(func(*nats.Conn, error) { p.lose() }), nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
	if err != nil {
		return nil, fmt.Errorf("connect the publisher: %w", err)
	}
	p.js, err = jetstream.New(p.conn)
	return p, err
}

// lose calls off what waits for an acknowledgement: it does not come any more.
func (p *publisher) lose() {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.lost)
	p.lost = make(chan struct{})
}

func (p *publisher) close() {
	p.drop()
	p.end()
	p.conn.Close()
}

// services tell at the same time, each of one case in the time of pace at most.
const (
	services = 2
	pace     = 120 * time.Millisecond
)

// start publishes case after case until ctx ends or stop is called.
func (p *publisher) start(ctx context.Context) {
	ctx, p.drop = context.WithCancel(ctx)
	stopped, stop := context.WithCancel(ctx)
	var all sync.WaitGroup
	for range services {
		all.Go(func() { p.serve(ctx, stopped) })
	}
	p.end = func() { stop(); all.Wait() }
}

func (p *publisher) serve(ctx, stopped context.Context) {
	next := time.NewTicker(p.pace)
	defer next.Stop()
	for stopped.Err() == nil && p.publish(ctx, p.next()) {
		select {
		case <-next.C:
		case <-stopped.Done():
		}
	}
}

// stop returns when the cases at hand are acknowledged, which needs an engine, and tells
// how many are.
func (p *publisher) stop() int {
	p.end()
	return p.acknowledged()
}

func (p *publisher) next() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.begun++
	return p.begun - 1
}

func (p *publisher) acknowledged() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.told
}

// publish repeats the n-th case until all of it is acknowledged; false: ctx ended before.
func (p *publisher) publish(ctx context.Context, n int) bool {
	for _, say := range p.sayings(n) {
		for p.attempt(ctx, say) != nil {
			if ctx.Err() != nil {
				return false
			}
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.told++
	return true
}

// attempt says something once. After a failure it takes a moment, so that nobody is
// shouted at who is not there.
func (p *publisher) attempt(over context.Context, say func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(over, 2*time.Second)
	defer cancel()
	p.mu.Lock()
	lost := p.lost
	p.mu.Unlock()
	go func() {
		select {
		case <-lost:
			cancel()
		case <-ctx.Done():
		}
	}()
	err := say(ctx)
	if err != nil {
		moment, cancel := context.WithTimeout(over, 20*time.Millisecond)
		defer cancel()
		<-moment.Done()
	}
	return err
}

// sayings are all events of the n-th case, in order.
func (p *publisher) sayings(n int) []func(context.Context) error {
	k := caseNumber(n)
	list := []func(context.Context) error{p.event("matter.created", k.matter()+"-created", k.data(1))}
	for _, d := range p.documents(k) {
		list = append(list, func(ctx context.Context) error { return p.put(ctx, d) }, p.event("document.approved", d.id+"-approved", d.data(k)))
	}
	if k.amended() {
		list = append(list, p.event("matter.updated", k.matter()+"-updated", k.data(2)))
	}
	return list
}

func (p *publisher) put(ctx context.Context, d document) error {
	store, err := p.js.ObjectStore(ctx, "casehug-documents")
	if err != nil {
		return err
	}
	if _, err = store.Put(ctx, jetstream.ObjectMeta{Name: d.id}, bytes.NewReader(d.bytes())); err != nil || !p.reads {
		return err
	}
	_, err = store.GetBytes(ctx, d.id) // as docs/api.md advises beside a cluster
	return err
}

// event publishes an event of the firm and returns when JetStream has acknowledged it.
func (p *publisher) event(what, id string, data any) func(context.Context) error {
	return p.eventOf(firm, what, id, data)
}

// eventOf does so for any firm.
func (p *publisher) eventOf(firm, what, id string, data any) func(context.Context) error {
	return func(ctx context.Context) error {
		body, err := json.Marshal(map[string]any{"specversion": "1.0", "id": id, "source": source, "type": "com.casehug." + what,
			"time": "2026-11-02T15:04:05Z", "datacontenttype": "application/json", "data": data})
		if err != nil {
			return err
		}
		_, err = p.js.PublishMsg(ctx, &nats.Msg{Subject: "casehug." + firm + "." + what, Data: body,
			Header: nats.Header{"Content-Type": {"application/cloudevents+json"}, "Nats-Msg-Id": {source + "/" + id}}})
		return err
	}
}

// news is what CaseHug heard: by the id of the sync, the ids of the events.
func (p *publisher) news(ctx context.Context) (map[string]map[string]bool, error) {
	consumer, err := p.js.OrderedConsumer(ctx, "OUTBOX", jetstream.OrderedConsumerConfig{FilterSubjects: []string{"sync." + firm + ".matter.synced", "sync." + firm + ".matter.sync_failed"}})
	if err != nil {
		return nil, err
	}
	batch, err := consumer.FetchNoWait(100_000)
	defer p.forget(ctx, consumer)
	if err != nil {
		return nil, err
	}
	heard := map[string]map[string]bool{}
	for m := range batch.Messages() {
		var told struct {
			ID   string
			Data struct{ ID string }
		}
		if err := json.Unmarshal(m.Data(), &told); err != nil {
			return nil, fmt.Errorf("read what the engine said: %w", err)
		}
		if heard[told.Data.ID] == nil {
			heard[told.Data.ID] = map[string]bool{}
		}
		heard[told.Data.ID][told.ID] = true
	}
	return heard, batch.Error()
}

// forget deletes a consumer: the bus lets a tenant have a few dozen, and campaigns look again and
// again.
func (p *publisher) forget(ctx context.Context, c jetstream.Consumer) {
	if is := c.CachedInfo(); is != nil {
		_ = p.js.DeleteConsumer(ctx, "OUTBOX", is.Name) // or it ends by itself, later
	}
}

// changesHeard is how many changes of matters in Smokeball CaseHug heard of.
func (p *publisher) changesHeard(ctx context.Context) (int, error) {
	consumer, err := p.js.OrderedConsumer(ctx, "OUTBOX", jetstream.OrderedConsumerConfig{FilterSubjects: []string{"sync." + firm + ".matter.changed_in_smokeball"}})
	if err != nil {
		return 0, err
	}
	batch, err := consumer.FetchNoWait(100_000)
	defer p.forget(ctx, consumer)
	if err != nil {
		return 0, err
	}
	heard := map[string]bool{}
	for m := range batch.Messages() {
		var told struct{ ID string }
		if err := json.Unmarshal(m.Data(), &told); err != nil {
			return 0, fmt.Errorf("read what the engine said: %w", err)
		}
		heard[told.ID] = true
	}
	return len(heard), batch.Error()
}

// caseNumber is a made-up matter with one of the made-up clients, each of whom has
// three matters.
type caseNumber int

func (n caseNumber) matter() string { return fmt.Sprintf("m_%d", n) }
func (n caseNumber) email() string  { return fmt.Sprintf("client%d@example.com", n/3) }
func (n caseNumber) amended() bool  { return n%5 == 4 }

func (n caseNumber) title(version int) string {
	if version > 1 {
		return fmt.Sprintf("Rivera v. Apex %d, amended", n)
	}
	return fmt.Sprintf("Rivera v. Apex %d", n)
}

func (n caseNumber) data(version int) map[string]any {
	return map[string]any{"matter_id": n.matter(), "version": version, "title": n.title(version), "case_number": fmt.Sprintf("CH-%d", n),
		"case_type": "Auto Accident", "practice_area": "Personal Injury", "jurisdiction": "IL", "status": "active",
		"client": map[string]any{"client_id": fmt.Sprintf("c_%d", n/3), "version": 1, "first_name": "Maria", "last_name": fmt.Sprintf("Rivera %d", n/3),
			"email": n.email(), "phone": fmt.Sprintf("+1 312 555 %04d", n/3)}}
}

// documents are one or two, and every fourth matter's are so large that their upload
// takes a while.
func (n caseNumber) documents() []document {
	size := 20_000
	if n%4 == 1 {
		size = 600_000
	}
	list := []document{{fmt.Sprintf("d_%d", n), size}}
	if n%3 == 2 {
		list = append(list, document{fmt.Sprintf("d_%d_b", n), size})
	}
	return list
}

// document is the first of them alone.
func (n caseNumber) document() []document { return n.documents()[:1] }

// document is a made-up approved document.
type document struct {
	id   string
	size int
}

func (d document) name() string { return "Retainer " + d.id + ".pdf" }

func (d document) bytes() []byte {
	page := "%PDF-1.4 the bytes of " + d.id + "\n"
	return []byte(strings.Repeat(page, 1+d.size/len(page)))
}

func (d document) sha256() string {
	sum := sha256.Sum256(d.bytes())
	return hex.EncodeToString(sum[:])
}

func (d document) data(n caseNumber) map[string]any {
	return map[string]any{"document_id": d.id, "matter_id": n.matter(), "file_name": d.name(), "content_type": "application/pdf",
		"size_bytes": len(d.bytes()), "sha256": d.sha256(), "approved_by": "u_5", "approved_at": "2026-11-02T15:04:05Z",
		"content": map[string]any{"object": "casehug-documents/" + d.id}}
}
