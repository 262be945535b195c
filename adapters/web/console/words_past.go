package console

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/casehug/smokeball-sync/adapters/web/words"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/wording"
)

func onOff(on bool) string {
	if on {
		return "On"
	}
	return "Off"
}

// mappingsText sums up a firm's own mappings.
func mappingsText(m domain.Mappings) string {
	if m.Revision == 0 {
		return "Defaults only"
	}
	return "Revision " + strconv.Itoa(m.Revision) + ", " + strconv.Itoa(len(m.Kept)) + " custom"
}

// pastText describes an event of the connection, the settings or the mappings; before is what
// the firm had chosen until then, and name is how somebody is called.
func pastText(e domain.Event, before domain.Preferences, name func(string) string) (title, text string) {
	switch e := e.(type) {
	case domain.SettingsChanged:
		return "Settings changed", by(settingsText(before.Settings(), e.Settings), name(e.By))
	case domain.MappingRevised:
		return "Mapping revised", by(e.Mapping.Subject()+" → "+cmp.Or(e.TypeName, e.Mapping.MatterTypeID), name(e.By))
	case domain.MappingRemoved:
		subject := string(e.ID)
		if k, ok := before.Mappings.Find(e.ID); ok {
			subject = k.Subject()
		}
		return "Mapping removed", by(subject, name(e.By))
	}
	return connectionText(e, name)
}

// connectionText describes an event of the connection.
func connectionText(e domain.Event, name func(string) string) (title, text string) {
	switch e := e.(type) {
	case domain.AuthorizationStarted:
		return "Sign-in started", by("", name(e.By))
	case domain.AuthorizationFailed:
		return "Not connected", failureText(e.Failure)
	case domain.ConnectionAuthorized:
		return "Connected", by("to "+e.Account.Name, cmp.Or(e.ByName, name(e.By)))
	case domain.ConnectionLost:
		return "Access removed", failureText(e.Failure)
	case domain.ReauthorizationRequired:
		return "Sign-in ended", failureText(e.Failure)
	case domain.ConnectionTroubled:
		return "Smokeball did not answer", failureText(e.Failure)
	case domain.ConnectionRecovered:
		return "Smokeball answered again", ""
	case domain.Disconnected:
		return "Disconnected", by("", name(e.By))
	case domain.WebhooksRegistered:
		return "Webhooks registered", by("", name(e.By))
	case domain.WebhooksRemoved:
		return "Webhooks removed", by("", name(e.By))
	}
	_, what, _ := strings.Cut(strings.TrimSuffix(e.EventName(), ".v1"), ".")
	return words.Capital(strings.ReplaceAll(what, "_", " ")), ""
}

// by adds the actor.
func by(what, who string) string {
	switch {
	case who == "":
		return what
	case what == "":
		return "by " + who
	}
	return what + ", by " + who
}

// settingsText lists what a change of the settings changed.
func settingsText(was, is domain.Settings) string {
	var parts []string
	say := func(what, from, to string) {
		if from != to {
			parts = append(parts, what+": "+from+" → "+to)
		}
	}
	onOff := func(on bool) string { return strings.ToLower(onOff(on)) }
	say("document approved", onOff(was.OnDocumentApproved), onOff(is.OnDocumentApproved))
	say("matter created", onOff(was.OnMatterCreated), onOff(is.OnMatterCreated))
	say("matter changed", onOff(was.OnMatterUpdated), onOff(is.OnMatterUpdated))
	say("client changed", onOff(was.OnClientUpdated), onOff(is.OnClientUpdated))
	say("link matters", onOff(was.LinkExisting), onOff(is.LinkExisting))
	say("send tags", onOff(was.SyncTags), onOff(is.SyncTags))
	say("settle differences by owner", onOff(was.ByOwner), onOff(is.ByOwner))
	say("folder", cmp.Or(was.DocumentsFolder, "top level"), cmp.Or(is.DocumentsFolder, "top level"))
	return strings.Join(parts, "; ")
}

// failureText is the message of a failure in a sentence.
func failureText(f domain.Failure) string {
	message, _ := wording.Failure(f)
	return words.Sentence(message)
}
