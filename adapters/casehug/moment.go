package casehug

import "github.com/casehug/smokeball-sync/domain"

// isMoment is the schemas' date-time format: what domain.ParseMoment takes, so that a
// value that passes the schema can always be read.
func isMoment(v any) error {
	s, ok := v.(string)
	if !ok {
		return nil
	}
	_, err := domain.ParseMoment(s)
	return err
}
