package api

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/casehug/smokeball-sync/domain"
)

// instant is a time as callers write it: RFC 3339, with its offset kept.
type instant struct{ at time.Time }

// time is the instant, or nil where there is none. The year 1 is how some senders write that.
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

// Schema implements [huma.SchemaProvider]. The pattern stands in for the format date-time,
// whose check refuses small letters, which RFC 3339 allows.
func (instant) Schema(huma.Registry) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString, Nullable: true, Description: "A time as in RFC 3339.",
		Pattern:            `^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})$`,
		PatternDescription: "a time as in RFC 3339, such as 2026-11-02T15:04:05Z"}
	s.PrecomputeMessages()
	return s
}
