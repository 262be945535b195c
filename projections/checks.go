package projections

import (
	"strings"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// CheckRow are a firm's checks of what differs whose resources are not all marked.
type CheckRow struct {
	Firm domain.FirmID `json:"firm"`
	domain.DriftChecks
}

// Checks has one row per firm with such a check.
var Checks = View[CheckRow]{Name: "checks", Version: 1, Keys: checkKeys, Gone: func(r CheckRow) bool { return len(r.Open) == 0 },
	Fold: func(r CheckRow, env eventstore.Envelope) CheckRow {
		return CheckRow{Firm: env.Stream.Firm, DriftChecks: r.DriftChecks.Apply(env.Event, env.At)}
	}}

func checkKeys(env eventstore.Envelope) []string {
	if env.Stream.Kind != domain.KindDrift {
		return nil
	}
	return []string{string(env.Stream.Firm)}
}

// CheckRows reads the checks of what differs that are under way.
type CheckRows struct{ *file }

// OpenChecks are the checks whose resources are not all marked, by firm.
func (v CheckRows) OpenChecks() (map[domain.FirmID][]domain.DriftCheckAsked, error) {
	list := map[domain.FirmID][]domain.DriftCheckAsked{}
	err := v.view(func(tx *snapshot) error {
		return all(tx, Checks, func(_ string, r CheckRow) bool { list[r.Firm] = r.Open; return true })
	})
	return list, err
}

// LinkedMatter is the matter that is linked to a resource of Smokeball, or "".
func (v ResourceRows) LinkedMatter(firm domain.FirmID, id domain.SmokeballID) (domain.MatterID, error) {
	r, err := v.Resource(firm, id)
	return r.Matter, err
}

// LinkedResources are the matters and contacts of Smokeball that are linked to the firm's matters
// and their clients, or to one matter and its clients.
func (v ResourceRows) LinkedResources(firm domain.FirmID, of domain.MatterID) (list []domain.SmokeballID, err error) {
	err = v.view(func(tx *snapshot) error {
		if of == "" {
			return eachWith(tx, Resources, string(firm)+"/", func(r ResourceRow) {
				if r.Linked() {
					list = append(list, r.Resource)
				}
			})
		}
		r, _, err := get(tx, Matters, rowKey(string(firm), string(of)))
		if err != nil || r.Matter.Smokeball.ID == "" {
			return err
		}
		list = append(list, r.Matter.Smokeball.ID)
		for _, id := range r.Matter.Contacts {
			list = append(list, id)
		}
		return nil
	})
	return list, err
}

// eachWith yields the rows whose key begins with a prefix.
func eachWith[R any](tx *snapshot, v View[R], prefix string, yield func(R)) error {
	c := v.in(tx).Bucket(rowsBucket).Cursor()
	for k, _ := c.Seek([]byte(prefix)); k != nil && strings.HasPrefix(string(k), prefix); k, _ = c.Next() {
		row, _, err := get(tx, v, string(k))
		if err != nil {
			return err
		}
		yield(row)
	}
	return nil
}
