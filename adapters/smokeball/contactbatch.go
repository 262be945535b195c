package smokeball

import (
	"context"
	"net/http"

	"github.com/casehug/smokeball-sync/domain"
)

// ContactBatch is how many contacts one call reads at most.
const ContactBatch = 500

// opReadContacts is a POST that only reads.
const opReadContacts = "read contacts"

// contactBatch is the answer to a question about several contacts.
type contactBatch struct {
	Value []contact `json:"value"`
}

func (b *contactBatch) check() error {
	for i := range b.Value {
		if err := b.Value[i].check(); err != nil {
			return err
		}
	}
	return nil
}

// ContactsByID reads up to ContactBatch contacts with one call, deleted ones among them. Those
// that Smokeball does not show are left out.
func (c *Client) ContactsByID(ctx context.Context, firm domain.FirmID, ids []domain.SmokeballID) ([]domain.SmokeballContact, error) {
	var batch contactBatch
	err := c.do(ctx, firm, call{op: opReadContacts, method: http.MethodPost, path: []string{"contacts", "batch"},
		body: struct {
			IDs []string `json:"ids"`
		}{texts(ids)}}, &batch)
	if err != nil {
		return nil, err
	}
	list := make([]domain.SmokeballContact, len(batch.Value))
	for i, one := range batch.Value {
		list[i] = one.domain()
	}
	return list, nil
}
