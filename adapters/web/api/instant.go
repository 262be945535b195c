package api

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/casehug/smokeball-sync/domain"
)

// instant is a time of RFC 3339 that keeps its offset.
type instant struct{ at time.Time }

// time is the instant, or nil for none. Some senders write none as the year 1.
func (i *instant) time() *time.Time {
	if i == nil || i.at.IsZero() {
		return nil
	}
	return &i.at
}

// UnmarshalJSON implements [json.Unmarshaler].
func (i *instant) UnmarshalJSON(b []byte) error {
	var s *string
	if err := json.Unmarshal(b, &s); err != nil || s == nil {
		return err
	}
	var err error
	if i.at, err = domain.ParseMoment(*s); err != nil {
		return fmt.Errorf("must be a time as in RFC 3339, such as 2026-11-02T15:04:05Z: %w", err)
	}
	return nil
}

// Schema implements [huma.SchemaProvider]. It uses a pattern because the check of the format
// date-time refuses lower case letters, which RFC 3339 allows.
func (instant) Schema(huma.Registry) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString, Nullable: true, Description: "A time as in RFC 3339.",
		Pattern:            `^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})$`,
		PatternDescription: "a time as in RFC 3339, such as 2026-11-02T15:04:05Z"}
	s.PrecomputeMessages()
	return s
}
