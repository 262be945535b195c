package wording

// Call says why a sync makes a call, by the call's operation.
func Call(op string) string {
	if why, ok := calls[op]; ok {
		return why
	}
	return "The sync needs it: " + op
}

// calls has the reason of each operation that a sync uses. It is only read.
var calls = map[string]string{
	"list matter types": "Reads the account’s matter types, to find the one for the case type",
	"find staff":        "Looks for the responsible person among the firm’s staff",
	"find contacts":     "Looks whether Smokeball has the client already",
	"create contact":    "Creates the client: no contact in Smokeball is this client",
	"read contact":      "Looks whether the contact is there",
	"update contact":    "Reads the contact and writes it back with what changed in CaseHug, so that nothing else in it is lost",
	"find matters":      "Looks whether Smokeball has the matter already",
	"create matter":     "Creates the matter: Smokeball has none with this id, or with this number and client",
	"read matter":       "Looks whether the matter is there",
	"update matter":     "Writes what changed in CaseHug; everything else stays",
	"list folders":      "Looks for the document’s folder",
	"create folder":     "Creates the document’s folder",
	"list files":        "Looks whether the matter has the document already",
	"add file":          "Announces the document; its bytes follow, past Smokeball’s API",
	"renew upload":      "Asks where the document’s bytes go",
	"read file":         "Looks whether the file is there",
	"rename file":       "Gives the file the name that the document has in CaseHug now",
	"list tags":         "Looks which tags the matter has",
	"add tags":          "Adds CaseHug’s tags",
}
