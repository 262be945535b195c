package smokeball

import "slices"

// Permission is one thing that a firm admin allows CaseHug to do in Smokeball.
type Permission struct {
	Resource string // Smokeball's word, such as matters
	Name     string // as people call it
	Write    bool   // read and write; else read only
	Why      string // what CaseHug needs it for
}

// Scopes are Smokeball's names of the permission.
func (p Permission) Scopes() []string {
	if p.Write {
		return []string{p.Resource + "/read", p.Resource + "/write"}
	}
	return []string{p.Resource + "/read"}
}

// Permissions is all that CaseHug asks for, and nothing else.
func Permissions() []Permission {
	return []Permission{
		{"matters", "Matters", true, "Create a matter from an intake, keep its name, number and status up to date, and attach files to it."},
		{"contacts", "Contacts", true, "Look for the client by e-mail and name, so that nobody is entered twice or taken for another; then create or update the contact."},
		{"documents", "Files", true, "Upload approved documents under their own names and check that they arrived. Other files stay closed."},
		{"mattertypes", "Matter types", false, "Offer the account's matter types where case types are mapped."},
		{"tasks", "Tasks", false, "Show on a synced matter that a task changed. CaseHug makes no tasks."},
		{"events", "Events", false, "Show on a synced matter that an appointment changed. CaseHug makes no appointments."},
		{"staff", "Staff", false, "Find the responsible person by e-mail and set them on the matter."},
		{"firm", "Firm", false, "Show which Smokeball firm is connected."},
		{"webhooks", "Webhooks", true, "Have Smokeball report changes, so that the engine need not poll."},
	}
}

// ScopeNames are the scopes of all Permissions, as AuthorizeURL takes them.
func ScopeNames() []string {
	var names []string
	for _, p := range Permissions() {
		names = slices.Concat(names, p.Scopes())
	}
	return names
}
