package smokeballsim

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// refresh reloads the page every two seconds, unless somebody is filling in a form.
const refresh = `let busy = false;
addEventListener("input", () => { busy = true });
setInterval(() => { if (!busy && !document.activeElement.closest("form")) location.reload() }, 2000);
`

func (s *Server) pageScript(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	_, err := io.WriteString(w, refresh)
	s.logged(err)
}

// play carries out a form of the simulator's page, which acts as a person at the firm or injects
// faults, and redirects to the page.
func (s *Server) play(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "The form can't be read: "+err.Error(), http.StatusBadRequest)
		return
	}
	if err := s.act(r.PathValue("act"), r.PostForm); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	http.Redirect(w, r, "/_sim/", http.StatusSeeOther)
}

// act carries out one form of the page.
func (s *Server) act(act string, form url.Values) error {
	switch act {
	case "matter":
		return s.EditMatter(form.Get("id"), encoded(map[string]any{"status": form.Get("status"), "description": form.Get("description")}))
	case "contact":
		return s.EditContact(form.Get("id"), contactForm(form))
	case "outage":
		return s.Fault(Fault{Route: "*", Kind: Status, Status: http.StatusServiceUnavailable})
	case "recover":
		s.ClearFaults()
		return nil
	case "revoke":
		return s.Revoke(form.Get("account"))
	}
	return fmt.Errorf("the page has no form %q", act)
}

// contactForm returns the change that a contact's form describes: a new name.
func contactForm(form url.Values) []byte {
	if form.Get("kind") == "Person" {
		return encoded(map[string]any{"person": map[string]string{"lastName": form.Get("name")}})
	}
	return encoded(map[string]any{"company": map[string]string{"name": form.Get("name")}})
}

// failing reports whether every call is answered 503.
func (s *store) failing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.rules {
		if r.Route == "*" && r.Kind == Status {
			return true
		}
	}
	return false
}
