package smokeballsim

import "net/http"

// api is the vendor's API: method and pattern, the scopes that a caller needs, and the
// endpoint.
var api = [...]struct {
	pattern, scopes string
	do              endpoint
}{
	{"GET /firm", "firm/read", getFirm},
	{"GET /staff", "staff/read", listStaff},
	{"GET /staff/{id}", "staff/read", getStaff},

	{"GET /mattertypes", "mattertypes/read", listMatterTypes},
	{"GET /mattertypes/categories", "mattertypes/read", listCategories},
	{"GET /mattertypes/{id}", "mattertypes/read", getMatterType},

	{"GET /contacts", "contacts/read", listContacts},
	{"POST /contacts", "contacts/write", createContact},
	{"POST /contacts/batch", "contacts/read", batchContacts},
	{"GET /contacts/{id}", "contacts/read", getContact},
	{"PUT /contacts/{id}", "contacts/write", updateContact},
	{"DELETE /contacts/{id}", "contacts/write", deleteContact},
	{"GET /contacts/{id}/tags", "contacts/read", listContactTags},
	{"POST /contacts/{id}/tags", "contacts/write", addContactTags},
	{"DELETE /contacts/{id}/tags/{tagId}", "contacts/write", removeContactTag},

	{"GET /matters", "matters/read", listMatters},
	{"POST /matters", "matters/write", createMatter},
	{"GET /matters/{matterId}", "matters/read", getMatter},
	{"PUT /matters/{matterId}", "matters/write", replaceMatter},
	{"PATCH /matters/{matterId}", "matters/write", patchMatter},
	{"DELETE /matters/{matterId}", "matters/write", deleteMatter},
	{"GET /matters/{matterId}/tags", "matters/read", listMatterTags},
	{"POST /matters/{matterId}/tags", "matters/write", addMatterTags},
	{"DELETE /matters/{matterId}/tags/{tagId}", "matters/write", removeMatterTag},
	{"GET /matters/{matterId}/memos", "memos/read", listMemos},
	{"POST /matters/{matterId}/memos", "memos/write", createMemo},

	{"GET /matters/{matterId}/documents/files", "documents/read", listFiles},
	{"POST /matters/{matterId}/documents/files", "documents/write matters/write", addFile},
	{"POST /matters/{matterId}/documents/files/bulk", "documents/write matters/write", addFiles},
	{"GET /matters/{matterId}/documents/files/{fileId}", "documents/read", getFile},
	{"PUT /matters/{matterId}/documents/files/{fileId}", "documents/write", editFile},
	{"PATCH /matters/{matterId}/documents/files/{fileId}", "documents/write", editFile},
	{"DELETE /matters/{matterId}/documents/files/{fileId}", "documents/write", deleteFile},
	{"GET /matters/{matterId}/documents/files/{fileId}/upload", "documents/write", uploadAgain},
	{"GET /matters/{matterId}/documents/files/{fileId}/download", "documents/read", downloadFile},
	{"GET /matters/{matterId}/documents/folders", "documents/read", getRootFolder},
	{"POST /matters/{matterId}/documents/folders", "documents/write", createFolder},
	{"GET /matters/{matterId}/documents/folders/{folderId}", "documents/read", getFolder},
	{"PUT /matters/{matterId}/documents/folders/{folderId}", "documents/write", editFolder},
	{"PATCH /matters/{matterId}/documents/folders/{folderId}", "documents/write", editFolder},
	{"DELETE /matters/{matterId}/documents/folders/{folderId}", "documents/write", deleteFolder},

	{"GET /tasks", "tasks/read", listTasks},
	{"POST /tasks", "tasks/write", createTask},
	{"GET /tasks/{id}", "tasks/read", getTask},
	{"PUT /tasks/{id}", "tasks/write", replaceTask},
	{"DELETE /tasks/{id}", "tasks/write", deleteTask},

	{"GET /events", "events/read", listEvents},
	{"POST /events", "events/write", createEvent},
	{"GET /events/{eventId}", "events/read", getEvent},
	{"PUT /events/{eventId}", "events/write", replaceEvent},
	{"DELETE /events/{eventId}", "events/write", deleteEvent},

	{"GET /webhooks", "webhooks/read", listSubscriptions},
	{"POST /webhooks", "webhooks/write", createSubscription},
	{"GET /webhooks/types", "webhooks/read", listEventTypes},
	{"GET /webhooks/{id}", "webhooks/read", getSubscription},
	{"PUT /webhooks/{id}", "webhooks/write", updateSubscription},
	{"DELETE /webhooks/{id}", "webhooks/write", deleteSubscription},
	{"POST /webhooks/{id}/notify", "webhooks/write", testSubscription},
}

// routes is all that the server answers.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	for _, r := range api {
		mux.Handle(r.pattern, s.guarded(r.pattern, r.scopes, r.do))
	}
	mux.HandleFunc("GET /oauth2/authorize", s.authorize)
	mux.HandleFunc("POST /oauth2/authorize", s.decide)
	for pattern, serve := range map[string]func(http.ResponseWriter, *http.Request, string){
		"POST /oauth2/token": s.token, "POST /oauth2/revoke": s.revocation,
		"PUT /_upload/{key}": s.upload, "GET /_download/{key}": s.download,
	} {
		mux.Handle(pattern, s.watched(pattern, serve))
	}
	s.control(mux)
	mux.HandleFunc("GET /_sim/{$}", s.page)
	mux.HandleFunc("GET /_sim/page.js", s.pageScript)
	mux.HandleFunc("POST /_sim/play/{act}", s.play)
	mux.HandleFunc("GET /{$}", s.home)
	mux.HandleFunc("/", s.nothing)
	return mux
}
