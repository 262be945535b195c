package web

import "context"

// listFirms lists every firm that anything is known of, by id, with its connection.
func (s *site) listFirms(context.Context, *struct{}) (*answer[list[connectionBody]], error) {
	rows, err := s.Views.AllConnections()
	if err != nil {
		return nil, err
	}
	items := make([]connectionBody, 0, len(rows))
	for _, r := range rows {
		b, err := s.connection(r.Firm)
		if err != nil {
			return nil, err
		}
		items = append(items, b)
	}
	return &answer[list[connectionBody]]{Body: listOf(items, 0)}, nil
}
