package web

import (
	"context"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// ReadingPast is a request that reads how things are, or how they were.
type ReadingPast struct {
	Reading
	AsOf string `query:"as_of" doc:"As it was at this time (RFC 3339), folded from the ledger; the answer then carries the events that prove it."`
}

// PastBody is what the answer about a past moment has beside.
type PastBody struct {
	AsOf  *time.Time  `json:"as_of,omitempty" doc:"The moment that was asked for; absent: now."`
	Proof []ProofBody `json:"proof,omitzero" doc:"The events that made it so, oldest first; only with as_of."`
}

// PastPosition is PastBody for answers that have no position of their own.
type PastPosition struct {
	PastBody
	Position *uint64 `json:"position,omitempty" doc:"The ledger position of the newest fact; 0: there was none yet. Only with as_of."`
}

// ProofBody is an event as proof.
type ProofBody struct {
	Position uint64    `json:"position" doc:"In the ledger."`
	Stream   string    `json:"stream"`
	Version  uint64    `json:"version" doc:"Its place in the stream."`
	Name     string    `json:"name"`
	At       time.Time `json:"at"`
	By       *string   `json:"by" doc:"Who did it: sub of their token; null: nobody, or not known."`
	Hash     string    `json:"hash" doc:"Its link of the stream's hash chain: SHA-256 in hex."`
}

// aheadAtMost is how far the clocks of callers may be ahead of the engine's.
const aheadAtMost = 5 * time.Second

// pastMoment reads a time that is not ahead.
func (s *site) pastMoment(text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, text)
	switch {
	case err != nil && strings.Contains(text, " "):
		return at, invalid("query.as_of", "is not a time as RFC 3339 has it, such as 2026-11-24T14:42:00Z; a + in an address is written %2B")
	case err != nil, at.UTC().Year() < 1:
		return at, invalid("query.as_of", "is not a time as RFC 3339 has it, such as 2026-11-24T14:42:00Z")
	case at.After(s.Now().Add(aheadAtMost)):
		return at, invalid("query.as_of", "is in the future; here it is "+s.Now().UTC().Format(time.RFC3339))
	}
	return at.UTC(), nil
}

// at is the site as it was when its clock stood so.
func (s *site) at(t time.Time) *site {
	then := *s
	then.Now = func() time.Time { return t }
	return &then
}

func (s *site) past(ctx context.Context, in *ReadingPast) (time.Time, projections.Then, error) {
	at, err := s.pastMoment(in.AsOf)
	if err != nil {
		return at, projections.Then{}, err
	}
	story, err := s.Past.Story(ctx, in.firm())
	if err != nil {
		return at, projections.Then{}, err
	}
	then, err := s.Past.Fold(in.firm(), story, at)
	return at, then, err
}

// pastConnection is the connection as it was. What no fact tells of a past moment (the
// queue, the allowance) is null.
func (s *site) pastConnection(ctx context.Context, in *ReadingPast) (*answer[connectionBody], error) {
	at, then, err := s.past(ctx, in)
	if err != nil {
		return nil, err
	}
	b := s.at(at).describeConnection(then.Row)
	b.PastBody = PastBody{AsOf: &at, Proof: proofOf(then.Connection)}
	b.Position = newestOf(then.Connection)
	return &answer[connectionBody]{Body: b}, nil
}

// settingsThen are the settings now or as they were.
type settingsThen struct {
	SettingsBody
	PastPosition
}

func (s *site) pastSettings(ctx context.Context, in *ReadingPast) (*answer[settingsThen], error) {
	at, then, err := s.past(ctx, in)
	if err != nil {
		return nil, err
	}
	facts := only(then.Settings, func(e domain.Event) bool { _, ok := e.(domain.SettingsChanged); return ok })
	return &answer[settingsThen]{Body: settingsThen{SettingsBody: settingsBody(then.Row.Settings), PastPosition: provenBy(at, facts)}}, nil
}

// pastMappings are the firm's own mappings as they were. What other case types became is
// not told: it rested on what Smokeball offered then.
func (s *site) pastMappings(ctx context.Context, in *ReadingPast) (*answer[mappingsBody], error) {
	at, then, err := s.past(ctx, in)
	if err != nil {
		return nil, err
	}
	b := mappingsBody{Items: []caseTypeBody{}, Revision: then.Row.Mappings.Revision}
	for _, k := range then.Row.Mappings.Kept {
		own := caseType{Mapping: k.Mapping, Kept: &k, TypeName: k.TypeName, How: domain.HowCustom}
		b.Items = append(b.Items, caseTypeBody{MappingBody: mappingOf(own), Nearest: []string{}})
	}
	b.PastPosition = provenBy(at, only(then.Settings, isMapping))
	return &answer[mappingsBody]{Body: b}, nil
}

func isMapping(e domain.Event) bool {
	switch e.(type) {
	case domain.MappingRevised, domain.MappingRemoved:
		return true
	}
	return false
}

func only(facts []projections.Fact, wanted func(domain.Event) bool) []projections.Fact {
	var list []projections.Fact
	for _, f := range facts {
		if wanted(f.Event) {
			list = append(list, f)
		}
	}
	return list
}

func provenBy(at time.Time, facts []projections.Fact) PastPosition {
	position := newestOf(facts)
	return PastPosition{PastBody: PastBody{AsOf: &at, Proof: proofOf(facts)}, Position: &position}
}

// newestOf is the position of the newest of facts that are in the order of the ledger.
func newestOf(facts []projections.Fact) uint64 {
	if len(facts) == 0 {
		return 0
	}
	return facts[len(facts)-1].Position
}

func proofOf(facts []projections.Fact) []ProofBody {
	list := make([]ProofBody, 0, len(facts))
	for _, f := range facts {
		entry, _ := domain.AuditEntryOf(f.Stream, f.Event)
		list = append(list, ProofBody{Position: f.Position, Stream: f.Stream.String(), Version: f.Version, Name: f.Event.EventName(), At: f.At,
			By: known(entry.Actor), Hash: f.Hash})
	}
	return list
}
