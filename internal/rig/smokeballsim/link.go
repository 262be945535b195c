package smokeballsim

// link points at a resource.
type link struct {
	ID     string `json:"id,omitempty"`
	Href   string `json:"href,omitempty"`
	Method string `json:"method,omitempty"`
}

// hyper is the part that all resources share.
type hyper struct {
	Href   string `json:"href,omitempty"`
	Method string `json:"method,omitempty"`
	Self   *link  `json:"self,omitempty"`
}

// at is the link to id under the given path of this server.
func (s *views) at(path, id string) link {
	return link{ID: id, Href: s.url + path + "/" + id, Method: "GET"}
}

// optional is a link, or nothing where there is no id.
func (s *views) optional(path, id string) *link {
	if id == "" {
		return nil
	}
	l := s.at(path, id)
	return &l
}

func (s *views) links(path string, ids []string) []link {
	out := make([]link, len(ids))
	for i, id := range ids {
		out[i] = s.at(path, id)
	}
	return out
}

func (s *views) self(path, id string) hyper {
	l := s.at(path, id)
	return hyper{Href: l.Href, Method: "GET", Self: &link{ID: id, Href: l.Href, Method: "GET"}}
}
