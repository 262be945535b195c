package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/words"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/doctor"
	"github.com/casehug/smokeball-sync/projections"
)

// readStatuses reads all firms' connections.
type readStatuses = func() ([]projections.ConnectionBody, error)

// eachFirm makes findings of each firm's connection.
func eachFirm(read readStatuses, f func(projections.ConnectionBody) []doctor.Finding) look {
	return func(context.Context) (list []doctor.Finding) {
		all, err := read()
		if err != nil {
			return []doctor.Finding{failed("", "the views can't be read: "+err.Error(), "", "stop the engine, remove views.db and start it", "")}
		}
		for _, b := range all {
			list = append(list, f(b)...)
		}
		return list
	}
}

func statusCommand(f domain.FirmID) string { return "smokeball-sync status " + string(f) }

// connectionsOf checks that each firm's sign-in lasts, and that no sync waits for a first one. A firm
// that is not connected and has nothing to sync is counted only: perhaps it is to stay so.
func connectionsOf(read readStatuses) look {
	return func(ctx context.Context) []doctor.Finding {
		count := map[domain.ConnectionStatus]int{}
		list := eachFirm(read, func(b projections.ConnectionBody) []doctor.Finding {
			count[b.Status]++
			return signInState(b)
		})(ctx)
		if len(list) > 0 {
			return list
		}
		var parts []string
		for _, s := range slices.Sorted(maps.Keys(count)) {
			part := fmt.Sprintf("%d %s", count[s], s)
			if s == domain.StatusDisconnected {
				part += ", where no sync waits for it"
			}
			parts = append(parts, part)
		}
		if len(parts) == 0 {
			parts = []string{"no firm is known yet"}
		}
		return []doctor.Finding{fine(strings.Join(parts, ", "))}
	}
}

func signInState(b projections.ConnectionBody) []doctor.Finding {
	firm, waits := string(b.Firm), "its syncs wait; none is lost"
	switch b.Status {
	case domain.StatusRevoked:
		return []doctor.Finding{failed(firm, "CaseHug was removed in Smokeball", waits, "a firm admin connects again in Settings → Integrations", statusCommand(b.Firm))}
	case domain.StatusReauthorizationRequired:
		return []doctor.Finding{failed(firm, "the sign-in to Smokeball has ended", waits, "a firm admin signs in again in Settings → Integrations", statusCommand(b.Firm))}
	case domain.StatusReauthorizeSoon:
		by := "soon"
		if b.ReauthorizeBy != nil {
			by = "on " + b.ReauthorizeBy.UTC().Format(time.DateOnly)
		}
		return []doctor.Finding{warning(firm, "the sign-in to Smokeball ends "+by, "after that its syncs wait", "a firm admin signs in again in Settings → Integrations", statusCommand(b.Firm))}
	}
	if f := unconnected(b); f != nil {
		return []doctor.Finding{*f}
	}
	if b.Pending != nil {
		return []doctor.Finding{warning(firm, "another Smokeball account waits to be confirmed", "nothing changes until then", "a firm admin confirms or drops it in Settings → Integrations", statusCommand(b.Firm))}
	}
	return nil
}

// unconnected is what a firm admin has still to do for a firm without a sign-in; nil: nothing.
func unconnected(b projections.ConnectionBody) *doctor.Finding {
	means, waiting := "its syncs will wait", 0
	if b.Queue != nil {
		waiting = b.Queue.Waiting
	}
	switch {
	case waiting == 1:
		means = "1 sync waits for it and is not lost"
	case waiting > 1:
		means = words.Plural(waiting, "sync") + " wait for it; none is lost"
	}
	switch {
	case b.Status == domain.StatusAuthorizing:
		f := warning(string(b.Firm), "a firm admin has begun to sign in to Smokeball and has not finished", means,
			"the firm admin finishes it at Smokeball within 10 minutes, or clicks Connect again in Settings → Integrations", statusCommand(b.Firm))
		return &f
	case b.Status == domain.StatusDisconnected && waiting > 0:
		f := warning(string(b.Firm), "it is not connected to Smokeball", means, "a firm admin clicks Connect in Settings → Integrations", statusCommand(b.Firm))
		return &f
	}
	return nil
}

// answersOf checks that Smokeball serves each connected firm.
func answersOf(read readStatuses) look {
	return eachFirm(read, func(b projections.ConnectionBody) []doctor.Finding {
		if b.Status != domain.StatusError || b.LastError == nil {
			return nil
		}
		found := "Smokeball does not serve its calls (" + string(b.LastError.Code) + ")"
		if b.LastError.Since != nil {
			found += " since " + b.LastError.Since.UTC().Format(time.RFC3339)
		}
		return []doctor.Finding{failed(string(b.Firm), found, "its syncs wait and go on by themselves", "wait; if it stays, read the card's last problem", statusCommand(b.Firm))}
	})
}

// webhooksOf checks each connected firm's subscription.
func webhooksOf(read readStatuses) look {
	return eachFirm(read, func(b projections.ConnectionBody) []doctor.Finding {
		if b.Status != domain.StatusConnected && b.Status != domain.StatusReauthorizeSoon {
			return nil
		}
		firm, late := string(b.Firm), "changes in Smokeball are seen by sweeps, minutes later"
		register := "a firm admin clicks Register Webhooks in Settings → Integrations → Advanced"
		switch w := b.Webhooks; {
		case w.Status == "lost":
			return []doctor.Finding{failed(firm, "Smokeball has its subscription no more", late, register, statusCommand(b.Firm))}
		case w.Missed != nil && *w.Missed > 0:
			return []doctor.Finding{warning(firm, "sweeps found "+words.Plural(int(*w.Missed), "change")+" that no webhook told of", late, "a firm admin tests the webhooks in Settings → Integrations → Advanced", statusCommand(b.Firm))}
		}
		return nil
	})
}

// syncsOf looks for running syncs that do not move.
func syncsOf(read readStatuses) look {
	return eachFirm(read, func(b projections.ConnectionBody) []doctor.Finding {
		if b.Queue == nil || b.Queue.Stalled == 0 {
			return nil
		}
		return []doctor.Finding{warning(string(b.Firm), fmt.Sprintf("%d running syncs make no progress", b.Queue.Stalled), "this is a defect; nothing is lost",
			"start the engine again, and send what gather makes to its makers", "smokeball-sync doctor gather")}
	})
}

// deadLettersOf counts the events that wait for a person.
func deadLettersOf(views *projections.Views) look {
	return func(context.Context) (list []doctor.Finding) {
		firms, err := views.Connections.AllConnections()
		if err != nil {
			return []doctor.Finding{failed("", "the views can't be read: "+err.Error(), "", "stop the engine, remove views.db and start it", "")}
		}
		ids := []domain.FirmID{domain.Nobody}
		for _, f := range firms {
			if f.Firm != domain.Nobody {
				ids = append(ids, f.Firm)
			}
		}
		for _, id := range ids {
			rows, more, err := views.DeadLetters.DeadLetters(id, domain.DeadLetterOpen, 0, 100)
			if err != nil || len(rows) == 0 {
				continue
			}
			count := words.Plural(len(rows), "event")
			if more > 0 {
				count = fmt.Sprintf("%d or more events", len(rows))
			}
			list = append(list, warning(string(id), count+" among the dead letters", "what they say is not in Smokeball", "correct them in CaseHug, then retry or discard them",
				"smokeball-sync dead-letters list --firm "+shellWord(string(id))))
		}
		return list
	}
}
