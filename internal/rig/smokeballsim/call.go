package smokeballsim

import (
	"net/http"
)

// maxBody limits the bytes of a JSON body.
const maxBody = 4 << 20

// call is one request to the API.
type call struct {
	*Server
	r         *http.Request
	account   *account
	user      string // id of the staff member who signed in
	client    string // id of the app that calls
	requestID string
	base      string // scheme and host of this server
	path      string
	query     query
	body      []byte
	sour      string // why this write fails after its 202; "": it succeeds
	changed   bool   // a read changed something
}

// reply is a handler's answer.
type reply struct {
	status int
	body   any // rendered as JSON; nil: an empty body
}

// endpoint answers one call. It runs with the server's lock held.
type endpoint func(*call) (reply, *problem)

func ok(body any) reply { return reply{http.StatusOK, body} }

func (c *call) id(name string) string { return c.r.PathValue(name) }

func (c *call) origin() origin {
	return origin{Account: c.account.ID, RequestID: c.requestID, User: c.user, Source: "API"}
}

// write plans a change of the resource id; in is the input of its effect, nil: none.
func (c *call) write(kind, verb, id string, in any) write {
	w := write{origin: c.origin(), Kind: kind, Verb: verb, ID: id, Sour: c.sour}
	if in != nil {
		w.Body = encoded(in)
	}
	return w
}

// writeIn plans a change of a resource that a matter holds.
func (c *call) writeIn(m *matter, kind, verb, id string, in any) write {
	w := c.write(kind, verb, id, in)
	w.Matter = m.ID
	return w
}

// accept answers 202 with a link; the write takes effect, or fails, later.
func (c *call) accept(w write) reply {
	c.settle(w)
	return reply{http.StatusAccepted, c.at(w.path(), w.ID)}
}
