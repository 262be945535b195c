package web

import (
	"encoding/json"

	"github.com/casehug/smokeball-sync/domain"
)

// ConnectionStatus is the answer of GET …/connection at this moment, for those who
// tell others of it. Of c it needs Views, Allowance, Now and Region.
func ConnectionStatus(c Config, firm domain.FirmID) (json.RawMessage, error) {
	s := site{Config: c}
	b, err := s.connection(firm)
	if err != nil {
		return nil, err
	}
	return json.Marshal(b)
}
