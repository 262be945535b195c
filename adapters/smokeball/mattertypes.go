package smokeball

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/keyed"
)

// typesLive is how long a firm's matter types are remembered.
const typesLive = 15 * time.Minute

type matterType struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Category  string   `json:"category"`
	Kind      typeKind `json:"type"`
	Roles     []string `json:"representativeOptions"`
	Location  string   `json:"location"`
	IsDeleted bool     `json:"isDeleted"`
}

// typeKind reports a lead type: 1, or a word of it.
type typeKind bool

// UnmarshalJSON reads the number or the word; what is neither is a matter type.
func (k *typeKind) UnmarshalJSON(b []byte) error {
	var word string
	if json.Unmarshal(b, &word) != nil {
		word = string(b)
	}
	*k = typeKind(word == "1" || strings.HasPrefix(strings.ToLower(word), "lead"))
	return nil
}

func (t matterType) domain() domain.MatterType {
	return domain.MatterType{
		ID:       t.ID,
		Name:     t.Name,
		Category: t.Category,
		Location: t.Location,
		Lead:     bool(t.Kind),
		Deleted:  t.IsDeleted,
		Roles:    t.Roles,
	}
}

// MatterTypes are all matter types of the firm's account, those for leads among them.
// They are remembered for 15 minutes; ForgetMatterTypes ends that.
func (c *Client) MatterTypes(ctx context.Context, firm domain.FirmID) ([]domain.MatterType, error) {
	const op = "list matter types"
	unlock, err := c.types.loading.Lock(ctx, firm)
	if err != nil {
		return nil, abandoned(op, err)
	}
	defer unlock()
	if known, ok := c.types.get(firm); ok {
		return known, nil
	}
	epoch := c.types.epoch(firm)
	all, err := list(ctx, c.caller, firm, get(op, nil, "mattertypes"), func(t matterType) string { return t.ID })
	if err != nil {
		return nil, err
	}
	types := make([]domain.MatterType, len(all))
	for i, t := range all {
		types[i] = t.domain()
	}
	c.types.put(firm, types, epoch)
	return slices.Clone(types), nil
}

// HasMatterTypes reports whether MatterTypes would answer from memory.
func (c *Client) HasMatterTypes(firm domain.FirmID) bool {
	_, ok := c.types.get(firm)
	return ok
}

// ForgetMatterTypes makes the next MatterTypes of firm ask Smokeball, as after a
// mattertype.updated webhook or a new connection.
func (c *Client) ForgetMatterTypes(firm domain.FirmID) { c.types.forget(firm) }

// typeCache remembers the matter types of each firm. The zero value is ready.
type typeCache struct {
	loading keyed.Mutex[domain.FirmID] // one load at a time for a firm
	mu      sync.Mutex
	kept    map[domain.FirmID]keptTypes
	epochs  map[domain.FirmID]int // grows with each forget, so a load begun before is not kept
}

type keptTypes struct {
	types []domain.MatterType
	until time.Time
}

func (t *typeCache) get(firm domain.FirmID) ([]domain.MatterType, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	k, ok := t.kept[firm]
	if !ok || !time.Now().Before(k.until) {
		return nil, false
	}
	return slices.Clone(k.types), true
}

func (t *typeCache) epoch(firm domain.FirmID) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.epochs[firm]
}

func (t *typeCache) put(firm domain.FirmID, types []domain.MatterType, epoch int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.epochs[firm] != epoch {
		return
	}
	if t.kept == nil {
		t.kept = map[domain.FirmID]keptTypes{}
	}
	t.kept[firm] = keptTypes{types, time.Now().Add(typesLive)}
}

func (t *typeCache) forget(firm domain.FirmID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.epochs == nil {
		t.epochs = map[domain.FirmID]int{}
	}
	t.epochs[firm]++
	delete(t.kept, firm)
}
