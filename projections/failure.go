package projections

import (
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/wording"
)

// Failure tells a person what could not be done, why, and what to do about it.
type Failure struct {
	Code      domain.Code     `json:"code"`
	Message   string          `json:"message"`             // the thing and the cause
	Remedy    string          `json:"remedy"`              // what to do, and who must act
	Smokeball *domain.Refusal `json:"smokeball,omitempty"` // Smokeball's own words, whole
}

// FailureOf is a failure as people read it; nil for none.
func FailureOf(f *domain.Failure) *Failure {
	if f == nil {
		return nil
	}
	message, remedy := wording.Failure(*f)
	return &Failure{Code: f.Code, Message: message, Remedy: remedy, Smokeball: f.Smokeball}
}
