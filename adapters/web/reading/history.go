package reading

import (
	"slices"
	"strings"

	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/adapters/web/problem"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// The words of the outside contract. A search for one that no sync has yet finds nothing and
// is no error.
const (
	statusWords  = "queued running waiting confirming succeeded failed skipped cancelled"
	triggerWords = "matter_created matter_updated document_approved client_updated manual bulk retry reconcile"
)

// Statuses are the statuses that a history can be narrowed by.
func Statuses() []string { return strings.Fields(statusWords) }

// Triggers are the triggers that a history can be narrowed by.
func Triggers() []string { return strings.Fields(triggerWords) }

// StatusesOf reads statuses that are repeated, separated by commas, or both.
func StatusesOf(values []string) ([]domain.Status, error) {
	var statuses []domain.Status
	for word := range strings.SplitSeq(strings.Join(values, ","), ",") {
		word = strings.TrimSpace(word)
		if word == "" {
			continue
		}
		if !slices.Contains(Statuses(), word) {
			return nil, problem.Invalid("query.status", "must be one of "+strings.Join(Statuses(), ", "))
		}
		statuses = append(statuses, domain.Status(word))
	}
	return statuses, nil
}

// Sync is one sync of the firm, or a Rejection (Unknown), which says so if it may have expired.
func Sync(rows ports.History, kept Kept, firm domain.FirmID, id domain.SyncID) (projections.Entry, error) {
	e, ok, err := rows.Sync(firm, id)
	if err == nil && !ok {
		err = kept.unknown(firm, "sync", "Look for it in the sync history.", func(k FirmKeeps) Keeping { return k.History })
	}
	return e, err
}

// DeadLetter is one of the firm's dead letters, or a Rejection (Unknown), which says so if it may have
// expired.
func DeadLetter(rows ports.DeadLetterRows, kept Kept, firm domain.FirmID, id string) (projections.DeadLetterRow, error) {
	row, ok, err := rows.DeadLetter(firm, id)
	if err == nil && !ok {
		err = kept.unknown(firm, "dead letter", "Look for it in the list of dead letters.", func(k FirmKeeps) Keeping { return k.DeadLetters })
	}
	return row, err
}

// unknown is the error for a thing that the firm does not have, or no longer keeps.
func (k Kept) unknown(firm domain.FirmID, what, remedy string, of func(FirmKeeps) Keeping) error {
	all, err := k.Of(firm)
	if err != nil {
		return err
	}
	if gone := of(all); gone.Count > 0 {
		return &domain.Rejection{Reason: domain.Unknown, Failure: domain.Failure{Code: domain.CodeNotFound,
			Message: "There is no such " + what + " at this firm, or it has expired: what ended before " + gone.Before.UTC().Format("January 2, 2006") + " is no longer kept",
			Remedy:  remedy + " What has expired does not come back; the settings page says how long things are kept."}}
	}
	return Unknown(what, remedy)
}

// Unknown is the error for a thing that the firm does not have.
func Unknown(what, remedy string) error {
	return &domain.Rejection{Reason: domain.Unknown, Failure: domain.Failure{
		Code: domain.CodeNotFound, Message: "There is no such " + what + " at this firm", Remedy: remedy,
	}}
}
