package casehug

import (
	"fmt"
	"strings"

	"github.com/casehug/smokeball-sync/domain"
)

// InvalidEvent is the error for an event that cannot be taken in. It says all that
// is wrong at once, and holds no value of the event's data: it may be logged and
// shown.
type InvalidEvent struct {
	Firm    domain.FirmID   // "" where the subject names no firm
	Origin  domain.EventRef // as far as the event told it
	Type    string          // as the event told it, "" if it is no type's name
	Subject string          // where the event was published
	Faults  []domain.FieldFault
}

func (e *InvalidEvent) Error() string {
	lines := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		lines[i] = faultText(f)
	}
	return fmt.Sprintf("event on %s is invalid: %s", e.Subject, strings.Join(lines, "; "))
}

// Unwrap is the same as the application knows it.
func (e *InvalidEvent) Unwrap() error {
	return &domain.Unprocessable{Code: domain.CodeInvalidEvent, Faults: e.Faults}
}

// faultText is a fault in one line: its field, if it is about one, and the reason.
func faultText(f domain.FieldFault) string {
	if f.Field == "" {
		return "the event " + f.Reason
	}
	return f.Field + " " + f.Reason
}
