package console

import (
	"cmp"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/reading"
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
	case domain.TriggerBulk:
		return "Bulk sync"
	case domain.TriggerRetry:
		return "Retry"
	case domain.TriggerReconcile:
		return "Difference repaired"
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
	case domain.ClientUpdated{}.EventName():
		return "Client changed"
	case domain.DocumentApproved{}.EventName():
		return "Document approved"
	}
	return name
}

// ruleText is how a value becomes Smokeball's, in people's words.
func ruleText(rule string) string {
	switch rule {
	case reading.RuleAsIs:
		return "As is"
	case reading.RuleStatus:
		return "Status words"
	case reading.RuleStaff:
		return "Staff, by e-mail"
	case reading.RuleDay:
		return "The day"
	case reading.RuleType:
		return "Default, by name"
	}
	return "Own mapping " + rule
}

// shownText is what showed a value in Smokeball, in people's words.
func shownText(by domain.Proof) string {
	switch by {
	case domain.ByWebhook:
		return "a webhook"
	case domain.BySweep:
		return "a sweep"
	}
	return "a read"
}

// decidedText is what a firm admin decided about a field, in people's words.
func decidedText(what projections.Decided) string {
	switch what {
	case projections.DecidedAccept:
		return "Smokeball’s value was accepted"
	case projections.DecidedRepair:
		return "CaseHug’s value was to be written over it"
	}
	return "CaseHug’s value was not written after all"
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
		return "Sending to Smokeball"
	case domain.Confirming:
		return "Smokeball accepted everything; waiting until it shows it"
	}
	if e.Error != nil {
		return e.Error.Message
	}
	if text := done(e.Steps); text != alreadyThere {
		return text
	}
	return cmp.Or(whyNothing(e.Steps), alreadyThere)
}

// whyNothing says why nothing of the matter was written; "" where something was.
func whyNothing(steps []projections.EntryStep) string {
	for _, s := range steps {
		if s.Name == domain.StepMatter && s.Outcome == domain.OutcomeUnchanged {
			return s.Detail
		}
	}
	return ""
}

// justEnded is how long a page says what came of a sync.
const justEnded = 10 * time.Minute

// endText says what came of a sync that has just ended well; "" of another one.
func endText(e projections.Entry, now time.Time) string {
	if e.FinishedAt == nil || now.Sub(*e.FinishedAt) > justEnded {
		return ""
	}
	switch nothing := happened(e) == alreadyThere; {
	case e.Status == domain.Succeeded && !nothing:
		return "Confirmed in Smokeball"
	case e.Status == domain.Succeeded, e.Status == domain.Skipped && nothing:
		return "Nothing to send: Smokeball has this already"
	}
	return ""
}

// alreadyThere is the sum of steps that changed nothing.
const alreadyThere = "Smokeball already has this"

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
		return alreadyThere
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
