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

// Sync is one sync of the firm, or a Rejection (Unknown).
func Sync(rows ports.History, firm domain.FirmID, id domain.SyncID) (projections.Entry, error) {
	e, ok, err := rows.Sync(firm, id)
	if err == nil && !ok {
		err = Unknown("sync", "Look for it in the sync history.")
	}
	return e, err
}

// DeadLetter is one of the firm's dead letters, or a Rejection (Unknown).
func DeadLetter(rows ports.DeadLetterRows, firm domain.FirmID, id string) (projections.DeadLetterRow, error) {
	row, ok, err := rows.DeadLetter(firm, id)
	if err == nil && !ok {
		err = Unknown("dead letter", "Look for it in the list of dead letters.")
	}
	return row, err
}

// Unknown is the error for a thing that the firm does not have.
func Unknown(what, remedy string) error {
	return &domain.Rejection{Reason: domain.Unknown, Failure: domain.Failure{
		Code: domain.CodeNotFound, Message: "There is no such " + what + " at this firm", Remedy: remedy,
	}}
}
