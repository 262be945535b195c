package smokeballsim

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
)

// control serves the simulator's own API. It requires no credentials, because only tests on
// the same machine use it.
func (s *Server) control(mux *http.ServeMux) {
	handle := func(pattern string, do func(r *http.Request, body []byte) (any, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { answerControl(w, r, do) })
	}
	handle("GET /_sim/state", func(*http.Request, []byte) (any, error) { return s.State(), nil })
	handle("GET /_sim/requests", func(r *http.Request, _ []byte) (any, error) {
		list, err := s.requestsSince(r.URL.Query().Get("since"))
		return map[string]any{"counts": s.Counts(), "requests": list}, err
	})
	handle("GET /_sim/deliveries", func(*http.Request, []byte) (any, error) { return s.Deliveries(), nil })
	handle("POST /_sim/faults", func(_ *http.Request, body []byte) (any, error) { return done(s.addFault(body)) })
	handle("DELETE /_sim/faults", func(*http.Request, []byte) (any, error) { s.ClearFaults(); return done(nil) })
	handle("POST /_sim/matters/{id}", func(r *http.Request, body []byte) (any, error) {
		return done(s.EditMatter(r.PathValue("id"), body))
	})
	handle("POST /_sim/contacts/{id}", func(r *http.Request, body []byte) (any, error) {
		return done(s.EditContact(r.PathValue("id"), body))
	})
	handle("POST /_sim/accounts/{account}/matters", func(r *http.Request, body []byte) (any, error) {
		return made(s.AddMatter(r.PathValue("account"), body))
	})
	handle("POST /_sim/accounts/{account}/contacts", func(r *http.Request, body []byte) (any, error) {
		return made(s.AddContact(r.PathValue("account"), body))
	})
	handle("POST /_sim/mattertypes/{id}", func(r *http.Request, body []byte) (any, error) {
		return done(s.editMatterType(r.PathValue("id"), body))
	})
	handle("POST /_sim/revoke", func(_ *http.Request, body []byte) (any, error) { return done(s.revoke(body)) })
}

func done(err error) (any, error) { return map[string]bool{"done": err == nil}, err }

func made(id string, err error) (any, error) { return map[string]string{"id": id}, err }

func (s *Server) addFault(body []byte) error {
	var f Fault
	if p := strict(body, &f); p != nil {
		return p
	}
	return s.Fault(f)
}

func (s *Server) revoke(body []byte) error {
	var in struct {
		Account string `json:"account"`
	}
	if p := strict(body, &in); p != nil {
		return p
	}
	return s.Revoke(in.Account)
}

func (s *Server) editMatterType(id string, body []byte) error {
	var in struct {
		Name      string `json:"name"`
		IsDeleted bool   `json:"isDeleted"`
	}
	if p := strict(body, &in); p != nil {
		return p
	}
	return s.EditMatterType(id, in.Name, in.IsDeleted)
}

func answerControl(w http.ResponseWriter, r *http.Request, do func(*http.Request, []byte) (any, error)) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	var out any
	if err == nil {
		out, err = do(r, body)
	}
	status := http.StatusOK
	if err != nil {
		var p *problem
		if !errors.As(err, &p) {
			p = newProblem(http.StatusBadRequest, err.Error())
		}
		out, status = p, p.Status
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(out) // fails only if the caller has disconnected
}
