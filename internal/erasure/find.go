package erasure

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// relations are which matters of a firm name which clients.
type relations struct {
	clients map[domain.MatterID]map[domain.ClientID]bool
	matters map[domain.ClientID]map[domain.MatterID]bool
	erased  map[domain.MatterID]bool
}

// relate reads which matters name which clients.
func (s Service) relate(ctx context.Context, f domain.FirmID) (relations, error) {
	r := relations{map[domain.MatterID]map[domain.ClientID]bool{}, map[domain.ClientID]map[domain.MatterID]bool{}, map[domain.MatterID]bool{}}
	for env, err := range s.Kinds.ReadKind(ctx, domain.KindMatter, f) {
		if err != nil {
			return r, err
		}
		id := domain.MatterID(env.Stream.ID)
		if r.clients[id] == nil {
			r.clients[id] = map[domain.ClientID]bool{}
		}
		if _, ok := env.Event.(domain.MatterErased); ok {
			r.erased[id] = true
		}
		for _, c := range clientsOf(env.Event) {
			r.clients[id][c] = true
			if r.matters[c] == nil {
				r.matters[c] = map[domain.MatterID]bool{}
			}
			r.matters[c][id] = true
		}
	}
	return r, nil
}

// clientsOf are the clients that an event of a matter names.
func clientsOf(e domain.Event) (ids []domain.ClientID) {
	var m domain.MatterData
	switch e := e.(type) {
	case domain.MatterCreated:
		m = e.Matter
	case domain.MatterUpdated:
		m = e.Matter
	default:
		return nil
	}
	for _, c := range m.Clients() {
		ids = append(ids, c.ID)
	}
	return ids
}

// of are the matters and clients whose data go with the subject's. A matter says of all its
// clients what can't be told apart, so a client's matters go as a whole. A client whom another
// matter names, which is not erased, stays.
func (r relations) of(s domain.EraseSubject) (matters []domain.MatterID, clients []domain.ClientID) {
	going := map[domain.MatterID]bool{}
	if s.Matter != "" {
		going[s.Matter] = true
	}
	maps.Copy(going, r.matters[s.Client])
	gone := map[domain.ClientID]bool{}
	if s.Client != "" {
		gone[s.Client] = true
	}
	for m := range going {
		for c := range r.clients[m] {
			if !r.staysWith(c, going) {
				gone[c] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(going)), slices.Sorted(maps.Keys(gone))
}

// staysWith reports whether a matter that stays names the client.
func (r relations) staysWith(c domain.ClientID, going map[domain.MatterID]bool) bool {
	for m := range r.matters[c] {
		if !going[m] && !r.erased[m] {
			return true
		}
	}
	return false
}

// find is whose data an erasure destroys.
func (s Service) find(ctx context.Context, f domain.FirmID, subject domain.EraseSubject) (domain.EraseFound, error) {
	end, err := s.Queue.enter(ctx, f)
	if err != nil {
		return domain.EraseFound{}, err
	}
	defer end()
	_, found, told, err := s.whose(ctx, f, subject)
	if err != nil {
		return found, err
	}
	found.Resources = slices.Sorted(maps.Keys(told.resources))
	found.Streams, err = s.streams(ctx, f, found, told)
	return found, err
}

// whose are the matters and clients whose data an erasure destroys, and what the ledger says of them.
func (s Service) whose(ctx context.Context, f domain.FirmID, subject domain.EraseSubject) (relations, domain.EraseFound, told, error) {
	r, err := s.relate(ctx, f)
	if err != nil {
		return r, domain.EraseFound{}, told{}, err
	}
	if _, known := r.clients[subject.Matter]; subject.Matter != "" && !known {
		return r, domain.EraseFound{}, told{}, unknown("matter " + string(subject.Matter))
	}
	found := domain.EraseFound{}
	found.Matters, found.Clients = r.of(subject)
	t, err := s.told(ctx, f, found)
	if err == nil && subject.Client != "" && len(r.matters[subject.Client]) == 0 && !t.met {
		err = unknown("client " + string(subject.Client))
	}
	return r, found, t, err
}

func unknown(what string) error {
	return &domain.Rejection{Reason: domain.Unknown, Failure: domain.Failure{Code: domain.CodeNotFound, Message: "CaseHug has not told of " + what,
		Remedy: "Check the id. There is nothing to erase of what was never told."}}
}

// told is what the ledger says of those whose data go: enough to recognise them in what has no id.
type told struct {
	met       bool // some stream of theirs has an event
	resources map[domain.SmokeballID]bool
	texts     map[string]bool    // titles, addresses, numbers, companies
	names     map[[2]string]bool // first and last names
}

// told reads the streams of those whose data go.
func (s Service) told(ctx context.Context, f domain.FirmID, found domain.EraseFound) (told, error) {
	t := told{resources: map[domain.SmokeballID]bool{}, texts: map[string]bool{}, names: map[[2]string]bool{}}
	gone := map[domain.ClientID]bool{}
	for _, c := range found.Clients {
		gone[c] = true
	}
	var streams []domain.Stream
	for _, m := range found.Matters {
		streams = append(streams, domain.MatterStream(f, m))
	}
	for _, c := range found.Clients {
		streams = append(streams, domain.ClientStream(f, c))
	}
	for _, stream := range streams {
		for env, err := range s.Ledger.Read(ctx, stream) {
			if err == nil {
				err = s.mustBeSealed(env)
			}
			if err != nil {
				return t, err
			}
			t.met = true
			t.note(env.Event, gone)
		}
	}
	return t, nil
}

// note takes what an event says of those whose data go.
func (t *told) note(e domain.Event, gone map[domain.ClientID]bool) {
	switch e := e.(type) {
	case domain.MatterCreated:
		t.matter(e.Matter, gone)
	case domain.MatterUpdated:
		t.matter(e.Matter, gone)
	case domain.ClientUpdated:
		t.client(e.Client)
	case domain.MatterCreationStarted:
		t.texts[e.Sent.Description] = true
	case domain.MatterAccepted:
		t.resource(e.Matter)
		t.texts[e.Sent.Description] = true
	case domain.MatterLinked:
		t.resource(e.Matter)
	case domain.MatterSeen:
		t.texts[e.Values.Description] = true
	case domain.FileAccepted:
		t.resource(e.File)
	case domain.ContactResolved:
		if gone[e.Client] {
			t.resource(e.Contact)
		}
	case domain.ClientLinked:
		t.resource(e.Contact)
	}
}

func (t *told) resource(id domain.SmokeballID) {
	if id != "" {
		t.resources[id] = true
	}
}

func (t *told) matter(m domain.MatterData, gone map[domain.ClientID]bool) {
	t.texts[m.Title], t.texts[m.CaseNumber] = true, true
	for _, c := range m.Clients() {
		if gone[c.ID] {
			t.client(c)
		}
	}
}

func (t *told) client(c domain.ClientData) {
	t.texts[c.Email], t.texts[c.Phone], t.texts[c.CompanyName] = true, true, true
	if c.LastName != "" {
		t.names[[2]string{c.FirstName, c.LastName}] = true
	}
}

// shortest is the fewest characters of a text that is looked for: a shorter one stands in much
// that is about others.
const shortest = 5

// tells reports whether a dead letter says something of those whose data go, without an id of
// theirs. One that names a matter by its id is that matter's, whatever titles and names both have
// in common: it may still be retried.
func (t told) tells(body string) bool { return !namesMatter.MatchString(body) && t.recognises(body) }

var namesMatter = regexp.MustCompile(`"matter_id"\s*:\s*"[A-Za-z0-9_-]{1,64}"`)

// recognises reports whether a text names those whose data go. Names of files do not count: other
// matters have a “Signed retainer.pdf”, too.
func (t told) recognises(text string) bool {
	for known := range t.texts {
		if len(known) >= shortest && domain.Tells(text, []string{known}) {
			return true
		}
	}
	for name := range t.names {
		if domain.Tells(text, []string{name[1]}) && (name[0] == "" || domain.Tells(text, []string{name[0]})) {
			return true
		}
	}
	return false
}

// streams are the other streams that say something of those whose data go: dead letters, those of
// unknown firms, too, webhooks and activities.
func (s Service) streams(ctx context.Context, f domain.FirmID, found domain.EraseFound, t told) ([]string, error) {
	list, ids := map[string]bool{}, found.IDs()
	for r := range t.resources {
		list[domain.HintStream(f, r).String()] = true
	}
	for _, of := range []struct {
		kind domain.Kind
		firm domain.FirmID
	}{{domain.KindDeadLetter, f}, {domain.KindDeadLetter, domain.Nobody}, {domain.KindWebhook, f}, {domain.KindActivity, f}} {
		for env, err := range s.Kinds.ReadKind(ctx, of.kind, of.firm) {
			if err == nil && about(env.Event, found, ids, t) {
				list[env.Stream.String()] = true
				err = s.mustBeSealed(env)
			}
			if err != nil {
				return nil, err
			}
		}
	}
	return slices.Sorted(maps.Keys(list)), nil
}

func about(e domain.Event, found domain.EraseFound, ids []string, t told) bool {
	switch e := e.(type) {
	case domain.DeadLettered:
		return domain.Tells(string(e.Body), ids) || t.tells(string(e.Body))
	case domain.SmokeballWebhookReceived:
		return t.resources[e.Resource] || t.resources[e.Matter] || e.Message != "" && t.recognises(e.Message)
	case domain.ActivityRead:
		return slices.Contains(found.Matters, e.Matter) || t.resources[e.Activity.Matter]
	}
	return false
}

// mustBeSealed refuses what was written before the ledger was sealed.
func (s Service) mustBeSealed(env eventstore.Envelope) error {
	if env.Sealed || !s.Holds(env.Event) {
		return nil
	}
	return &domain.Rejection{Reason: domain.Conflict, Failure: domain.Failure{Code: domain.CodeLedgerNotSealed,
		Message: fmt.Sprintf("The ledger says something of %s that was written before it was sealed, so it can't be erased", env.Stream),
		Remedy:  "An operator stops the engine and runs “smokeball-sync seal”; then ask again."}}
}
