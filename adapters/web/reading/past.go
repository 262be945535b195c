package reading

import (
	"context"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/adapters/web/problem"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// Past reads how things stood at a moment.
type Past struct {
	ports.Past
	Now func() time.Time
}

// aheadAtMost is how far the clocks of callers may be ahead of the engine's.
const aheadAtMost = 5 * time.Second

// Moment parses a time that is not in the future.
func (p Past) Moment(text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, text)
	switch {
	case err != nil && strings.Contains(text, " "):
		return at, problem.Invalid("query.as_of", "is not a time as RFC 3339 has it, such as 2026-11-24T14:42:00Z; a + in an address is written %2B")
	case err != nil, at.UTC().Year() < 1:
		return at, problem.Invalid("query.as_of", "is not a time as RFC 3339 has it, such as 2026-11-24T14:42:00Z")
	case at.After(p.Now().Add(aheadAtMost)):
		return at, problem.Invalid("query.as_of", "is in the future; here it is "+p.Now().UTC().Format(time.RFC3339))
	}
	return at.UTC(), nil
}

// Read returns the firm's state at the moment that text names.
func (p Past) Read(ctx context.Context, firm domain.FirmID, text string) (time.Time, projections.Then, error) {
	at, err := p.Moment(text)
	if err != nil {
		return at, projections.Then{}, err
	}
	story, err := p.Story(ctx, firm)
	if err != nil {
		return at, projections.Then{}, err
	}
	then, err := p.Fold(firm, story, at)
	return at, then, err
}

// PastBody is what an answer about a past moment adds.
type PastBody struct {
	AsOf  *time.Time  `json:"as_of,omitempty" doc:"The moment that was asked for; absent: now."`
	Proof []ProofBody `json:"proof,omitzero" doc:"The events that made it so, oldest first; only with as_of."`
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
