package console

import (
	"net/http"
	"strings"

	"github.com/casehug/smokeball-sync/adapters/web/words"
	"github.com/casehug/smokeball-sync/domain"
)

// settingSwitch is one switch of the settings form.
type settingSwitch struct {
	ID, Name string
	Label    string
	Words    string // what it does
	Short    string // what it is about, in the bar of what is not saved
	On       bool   // in the form
	Stored   bool   // as it is saved
	Hint     string
}

// Switches are all of them; the last three are not about what syncs by itself.
func (p settingsPage) Switches() []settingSwitch {
	s, now := p.Settings, p.Stored
	return []settingSwitch{
		{ID: "s-document", Name: "auto_sync_on_document_approved", Label: "When a document is approved", Short: "approved documents", On: s.OnDocumentApproved, Stored: now.OnDocumentApproved,
			Words: "Sends the matter and its client first, then every approved document that is not in Smokeball yet."},
		{ID: "s-created", Name: "auto_sync_on_matter_created", Label: "When a matter is created", Short: "new matters", On: s.OnMatterCreated, Stored: now.OnMatterCreated, Hint: p.unlinked(),
			Words: "The matter appears in Smokeball as soon as intake opens it, before anything is signed."},
		{ID: "s-updated", Name: "auto_sync_on_matter_updated", Label: "When a linked matter changes", Short: "matter changes", On: s.OnMatterUpdated, Stored: now.OnMatterUpdated,
			Words: "Name, number, status and responsible person follow within seconds. Matters that are not in Smokeball are left alone."},
		{ID: "s-client", Name: "auto_sync_on_client_updated", Label: "When a linked client changes", Short: "client changes", On: s.OnClientUpdated, Stored: now.OnClientUpdated,
			Words: "Names, e-mail and phone follow."},
		{ID: "s-link", Name: "link_existing_matters", Label: "Link matters that Smokeball already has", Short: "linking", On: s.LinkExisting, Stored: now.LinkExisting,
			Words: "Same case number and same client: the two are linked. Off: a second matter is made."},
		{ID: "s-tags", Name: "sync_tags", Label: "Send tags", Short: "tags", On: s.SyncTags, Stored: now.SyncTags,
			Words: "CaseHug’s tags are added to the matter in Smokeball. It takes one call more for each matter."},
		{ID: "s-owner", Name: "settle_differences_by_owner", Label: "Settle differences by owner", Short: "differences", On: s.ByOwner, Stored: now.ByOwner,
			Words: "What differs between CaseHug and Smokeball is settled by the table below without asking, what differs already too: CaseHug’s value is written to Smokeball, or Smokeball’s is accepted and CaseHug is told. Off: a firm admin decides about each."},
	}
}

// ownerChoice is the owner of one field in the settings form.
type ownerChoice struct {
	ID, Name, Field string
	Options         []option
}

// Owners are the choices of the table of owners.
func (p settingsPage) Owners() (list []ownerChoice) {
	for _, field := range domain.ComparedFieldNames() {
		owner := string(p.Settings.Owners.Of(field))
		c := ownerChoice{ID: "o-" + strings.ReplaceAll(field, ".", "-"), Name: ownerPrefix + field, Field: field}
		all := []option{{Value: string(domain.OwnerCaseHug), Label: "CaseHug"}, {Value: string(domain.OwnerSmokeball), Label: "Smokeball"}, {Value: string(domain.OwnerAsk), Label: "Ask a firm admin"}}
		if field == domain.FieldCaseType {
			all = all[1:]
		}
		c.Options = options(owner, all...)
		list = append(list, c)
	}
	return list
}

// ownerPrefix begins the names of the form's fields of the table of owners.
const ownerPrefix = "owner."

// typedOwners is the table of the form.
func typedOwners(r *http.Request) (o domain.FieldOwners) {
	for _, field := range domain.ComparedFieldNames() {
		o = o.With(field, domain.FieldOwner(r.PostFormValue(ownerPrefix+field)))
	}
	return o
}

// unlinked says how many matters are in CaseHug only while new matters are not synced.
func (p settingsPage) unlinked() string {
	switch {
	case p.Stored.OnMatterCreated || p.Unlinked == 0:
		return ""
	case p.Unlinked == 1:
		return "Now off: 1 matter is in CaseHug only."
	}
	return "Now off: " + words.Plural(p.Unlinked, "matter") + " are in CaseHug only."
}

// First is the field that the reader is led to: the first that is wrong, or that somebody
// else saved otherwise; "" where there is none.
func (p settingsPage) First() string {
	if p.Overtaken {
		for _, s := range p.Switches() {
			if s.On != s.Stored {
				return s.ID
			}
		}
	}
	if p.Folder != "" || p.folderDiffers() {
		return "s-folder"
	}
	return ""
}

func (p settingsPage) folderDiffers() bool {
	return p.Overtaken && p.Settings.DocumentsFolder != p.Stored.DocumentsFolder
}

// FolderFault is what stands at the folder's field.
func (p settingsPage) FolderFault() string {
	switch {
	case p.Folder != "":
		return p.Folder
	case !p.folderDiffers():
		return ""
	case p.Stored.DocumentsFolder == "":
		return "Saved meanwhile: no folder."
	}
	return "Saved meanwhile: " + p.Stored.DocumentsFolder
}
