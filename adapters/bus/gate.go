package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/time/rate"
)

// gate answers the tenants' JetStream requests. It knows a few kinds of requests, checks each
// completely and forwards it in the engine's name; it refuses everything else. It is necessary
// because NATS permissions cover subjects only, while a consumer's delivery subject, a purge's
// filter and a rollup are in bodies and headers.
type gate struct {
	of      *embedded
	conn    *nats.Conn
	js      jetstream.JetStream
	tenants map[string]tenant // by token
	log     *slog.Logger
	kept    func() error    // nil: the disk has what JetStream has acknowledged
	open    context.Context // until the gate closes
	shut    context.CancelFunc

	chunkOwners chunkOwners // the documents that tenants are putting
	quota       *quota

	waiting *waiting
	firms   firmQueues // events of tenants who publish for every firm

	mu     sync.Mutex
	owners map[string]string // which tenant made a consumer of the outbox, by its name
}

const (
	gateTimeout = 5 * time.Second
	// eventsPending is how many events may wait for the disk at once; each firm has [waitsMost].
	eventsPending = 64 * waitsMost
	ownersMax     = 10_000
	// documentBytes is how much of a document may wait for the disk: clients send all of it
	// before they wait for an answer.
	documentBytes = 256 << 20
)

// share limits one tenant. Each tenant's requests of each kind wait in a queue of their own,
// which one goroutine answers: a tenant that sends faster waits, its requests beyond the queue
// are dropped, and no other tenant is delayed.
type share struct {
	subject string
	answer  func(call) error
	pace    pace
	bytes   int // that may wait
}

func (g *gate) shares(who tenant) []share {
	return []share{
		{subject: "$JS.API.>", answer: g.api, pace: asks(), bytes: 4 << 20},
		{subject: "$JS.ACK.>", answer: g.ack, pace: pace{}, bytes: 16 << 20},
		{subject: "$JS.FC.>", answer: g.flowControl, pace: asks(), bytes: 1 << 20},
		{subject: "$O.>", answer: g.object, pace: who.puts(), bytes: documentBytes},
		{subject: "casehug.>", answer: g.event, pace: who.tells(), bytes: 64 << 20},
	}
}

// call is one message of a tenant: subject is what the tenant published.
type call struct {
	tenant  tenant
	subject string
	msg     *nats.Msg
	quiet   bool // the log has enough entries about the tenant
}

// refusal is the reason why the gate does not forward a request; tenants read it.
type refusal string

func (r refusal) Error() string { return string(r) }

// notYours answers for missing consumers and for those of others, so that tenants cannot
// distinguish the two.
const notYours = refusal("consumer not found")

func openGate(e *embedded, log *slog.Logger, quota *quota, waiting *waiting) (*gate, error) {
	conn, err := e.connect("gate", nats.ErrorHandler(func(_ *nats.Conn, sub *nats.Subscription, err error) {
		if sub != nil {
			log.Warn("a tenant of the bus sends requests faster than the engine answers them; those beyond its queue are dropped", "queue", sub.Subject, "err", err)
		}
	}))
	if err != nil {
		return nil, fmt.Errorf("connect the gate: %w", err)
	}
	js, err := jetstream.New(conn, jetstream.WithPublishAsyncMaxPending(eventsPending), jetstream.WithPublishAsyncTimeout(gateTimeout))
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("open the gate: %w", err)
	}
	g := &gate{of: e, conn: conn, js: js, log: log, kept: e.kept, quota: quota, waiting: waiting, tenants: map[string]tenant{}, owners: map[string]string{}}
	g.open, g.shut = context.WithCancel(context.Background())
	for _, tenant := range e.tenants {
		g.tenants[tenant.token()] = tenant
	}
	if err := g.subscribe(); err != nil {
		g.close()
		return nil, fmt.Errorf("open the gate: %w", err)
	}
	return g, nil
}

func (g *gate) subscribe() error {
	for token, tenant := range g.tenants {
		for _, s := range g.shares(tenant) {
			sub, err := g.conn.Subscribe(gatePrefix+"."+token+"."+s.subject, g.handle(tenant, s))
			if err != nil {
				return err
			}
			if err := sub.SetPendingLimits(-1, s.bytes); err != nil {
				return err
			}
		}
	}
	if _, err := g.conn.Subscribe(infoSubject, g.info); err != nil {
		return err
	}
	return g.conn.FlushTimeout(gateTimeout)
}

func (g *gate) info(m *nats.Msg) {
	if err := m.Respond([]byte(accountInfo)); err != nil {
		g.log.Error("the gate can't answer", "err", err)
	}
}

func (g *gate) handle(who tenant, s share) nats.MsgHandler {
	logged := rate.NewLimiter(refusalsLogged, 10)
	return func(m *nats.Msg) {
		c := call{tenant: who, subject: strings.TrimPrefix(m.Subject, gatePrefix+"."+who.token()+"."), msg: m, quiet: !logged.Allow()}
		err := s.pace.take(g.open, m)
		if err == nil {
			err = s.answer(c)
		}
		if err != nil && g.open.Err() == nil {
			g.refuse(c, err)
		}
	}
}

// refusalsLogged is how many refused requests of one tenant are logged per second.
const refusalsLogged rate.Limit = 1

// refuse answers the tenant with the reason of a refusal. Any other error it logs and hides.
func (g *gate) refuse(c call, err error) {
	why := refusal("the engine cannot answer now; try again")
	switch {
	case !errors.As(err, &why) && !c.quiet:
		g.log.Error("the gate failed", "tenant", c.tenant.token(), "err", err)
	case why == notYours: // clients look before they create
		g.log.Debug("the gate knows no such consumer", "tenant", c.tenant.token())
	case !c.quiet:
		g.log.Warn("the gate refused a request", "tenant", c.tenant.token(), "reason", string(why))
	}
	switch {
	case strings.HasPrefix(c.subject, "$JS.API.CONSUMER.MSG.NEXT."), strings.HasPrefix(c.subject, "$JS.API.DIRECT.GET."):
		g.respond(c, nats.Header{"Status": {"403"}, "Description": {string(why)}}, nil)
	case strings.HasPrefix(c.subject, apiPrefix), strings.HasPrefix(c.subject, "$O."), strings.HasPrefix(c.subject, "casehug."):
		g.respond(c, nil, errorBody(why))
	}
	// Clients take any answer to an acknowledgement for success.
}

// errorBody is an error of JetStream's API; publish acknowledgements have the same form.
// Clients that create a consumer first expect the code of a missing one.
func errorBody(why refusal) []byte {
	fault := jetstream.APIError{Code: 403, Description: string(why)}
	switch {
	case why == notYours:
		fault.Code, fault.ErrorCode = 404, jetstream.JSErrCodeConsumerNotFound
	case strings.HasPrefix(string(why), tooMuch):
		fault.Code = 429
	}
	return encoded(map[string]jetstream.APIError{"error": fault})
}

// respond answers the tenant if it gave a reply subject that tenants may use.
func (g *gate) respond(c call, header nats.Header, data []byte) {
	reply := c.reply()
	if reply == "" {
		return
	}
	if err := g.conn.PublishMsg(&nats.Msg{Subject: reply, Header: header, Data: data}); err != nil {
		g.log.Error("the gate can't answer", "tenant", c.tenant.token(), "err", err)
	}
}

// forward publishes the message in the engine's name; JetStream answers the tenant directly.
// That works for messages, pulls and direct reads only: the API's other answers do not cross
// accounts, so relay returns them.
func (g *gate) forward(c call, header nats.Header, data []byte) error {
	return g.conn.PublishMsg(&nats.Msg{Subject: c.subject, Reply: c.reply(), Header: header, Data: data})
}

// event forwards an event of CaseHug, as fast as the intake processes the firm's events. The
// prefix [Bound] marks what a tenant of one firm publishes.
func (g *gate) event(c call) error {
	if c.tenant.firm == "" {
		return g.queueEvent(c)
	}
	if !g.quota.take(c.tenant, c.msg.Size()) {
		return refusal("the firm's unprocessed events fill its share of the bus; publish this one again later")
	}
	if g.waiting.enter(g.open, c.tenant.firm, longestWait) != nil {
		return refusal(tooMuch + ": " + errBehind.Error() + "; try again in 2 seconds")
	}
	ctx, cancel := context.WithTimeout(g.open, gateTimeout)
	defer cancel()
	ack, err := g.conn.RequestMsgWithContext(ctx, &nats.Msg{Subject: Bound + c.subject, Header: c.msg.Header, Data: c.msg.Data})
	if err != nil {
		g.waiting.leave(c.tenant.firm)
		return fmt.Errorf("store an event: %w", err)
	}
	var answer struct{ Error *jetstream.APIError }
	if json.Unmarshal(ack.Data, &answer) != nil || answer.Error != nil {
		g.waiting.leave(c.tenant.firm)
	}
	if err := g.kept(); err != nil {
		return err
	}
	g.respond(c, nil, ack.Data)
	return nil
}

// relay makes the request in the engine's name and answers the tenant with the result.
func (g *gate) relay(c call, data []byte) error {
	m, err := g.ask(c.subject, data)
	if err != nil {
		return err
	}
	g.respond(c, nil, m.Data)
	return nil
}

// ask makes the request and returns its answer.
func (g *gate) ask(subject string, data []byte) (*nats.Msg, error) {
	ctx, cancel := context.WithTimeout(context.Background(), gateTimeout)
	defer cancel()
	m, err := g.conn.RequestWithContext(ctx, subject, data)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", subject, err)
	}
	return m, nil
}

func (g *gate) close() {
	g.shut()
	g.conn.Close()
}

// reply returns the subject of the engine's account for an answer to the tenant, or "".
func (c call) reply() string {
	if !tenantInbox(c.msg.Reply) {
		return ""
	}
	return c.tenant.inbox(c.msg.Reply)
}

// tenantInbox reports whether tenants receive on the subject.
func tenantInbox(subject string) bool {
	return strings.HasPrefix(subject, inboxPrefix) && !strings.ContainsAny(subject, "*> \t\r\n")
}
