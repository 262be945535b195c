package console

import (
	"cmp"
	"strings"

	"github.com/casehug/smokeball-sync/adapters/web/words"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// triggerText is a trigger in people's words.
func triggerText(t domain.Trigger) string {
	switch t {
	case domain.TriggerMatterCreated:
		return "Matter created"
	case domain.TriggerMatterUpdated:
		return "Matter changed"
	case domain.TriggerDocumentApproved:
		return "Document approved"
	case domain.TriggerClientUpdated:
		return "Client changed"
	case domain.TriggerManual:
		return "Sync to Smokeball"
	case domain.TriggerRetry:
		return "Retry"
	}
	return words.Capital(strings.ReplaceAll(string(t), "_", " "))
}

// eventText is the event that a value came from, in people's words.
func eventText(name string) string {
	switch name {
	case domain.MatterCreated{}.EventName():
		return "Matter created"
	case domain.MatterUpdated{}.EventName():
		return "Matter changed"
	}
	return name
}

// fieldText is a field's name in people's words.
func fieldText(name string) string {
	switch name {
	case "status":
		return "Status"
	case "title":
		return "Matter name"
	case "case_number":
		return "Matter number"
	case "case_type":
		return "Matter type"
	case "responsible":
		return "Responsible person"
	case "opened_at":
		return "Opened"
	case "closed_at":
		return "Closed"
	case "client.name":
		return "Client name"
	case "client.email":
		return "Client e-mail"
	case "client.phone":
		return "Client phone"
	}
	return name
}

// heardText is what a kind of webhook is about, in people's words.
func heardText(kind string) string {
	switch kind {
	case "files":
		return kind
	case "event":
		return "appointments"
	case "mattertype":
		return "matter types"
	}
	return kind + "s"
}

// mappingField is the label of a mapping's field.
func mappingField(name string) string {
	switch name {
	case "case_type":
		return "Case type in CaseHug"
	case "matter_type_id":
		return "Smokeball matter type"
	case "client_role":
		return "The client’s role"
	}
	return "Mapping"
}

// regionText is a Smokeball region in people's words.
func regionText(region string) string {
	switch strings.ToLower(region) {
	case "us":
		return "United States"
	case "au":
		return "Australia"
	case "uk":
		return "United Kingdom"
	}
	return region
}

// happened says in one line what a sync did, or why it did not.
func happened(e projections.Entry) string {
	switch e.Status {
	case domain.Queued:
		return "Waits to start"
	case domain.Running:
		return "At work in Smokeball"
	case domain.Confirming:
		return "Smokeball accepted everything; waiting until it shows it"
	}
	if e.Error != nil {
		return e.Error.Message
	}
	return done(e.Steps)
}

// done sums up what the steps changed.
func done(steps []projections.EntryStep) string {
	var parts []string
	documents := 0
	for _, s := range steps {
		switch {
		case s.Name == domain.StepDocument && s.Outcome == domain.OutcomeUploaded:
			documents++
		case s.Name != domain.StepMatter && s.Name != domain.StepContact:
		case s.Outcome == domain.OutcomeAccepted:
			parts = append(parts, string(s.Name)+" created")
		case s.Outcome == domain.OutcomeUpdated:
			parts = append(parts, cmp.Or(s.Detail, string(s.Name))+" changed")
		case s.Outcome == domain.OutcomeMatched && s.Name == domain.StepMatter:
			parts = append(parts, "matter linked")
		}
	}
	if documents > 0 {
		parts = append(parts, words.Plural(documents, "document")+" uploaded")
	}
	if len(parts) == 0 {
		return "Smokeball already has this"
	}
	return words.Capital(strings.Join(parts, ", "))
}

// stepText says what a step did.
func stepText(s projections.EntryStep) string {
	name := strings.ReplaceAll(string(s.Name), "_", " ")
	if s.Name != domain.StepConfirm {
		return words.Capital(name) + " " + string(s.Outcome)
	}
	thing, _, _ := strings.Cut(s.Detail, ",")
	if s.Outcome == domain.OutcomeFailed {
		return "Not confirmed"
	}
	return words.Capital(cmp.Or(thing, "resource")) + " confirmed"
}
