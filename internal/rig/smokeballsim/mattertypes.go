package smokeballsim

import (
	"slices"
	"strings"

	"github.com/google/uuid"
)

// Kinds of matter types.
const (
	kindMatter = 0
	kindLead   = 1
)

// matterType is an area of work; the vendor fixes them, firms cannot edit them.
type matterType struct {
	ID       string   `json:"id"`
	Version  string   `json:"versionId"`
	Name     string   `json:"name"`
	Category string   `json:"category"`
	Kind     int      `json:"type"`
	Roles    []string `json:"representativeOptions"` // the first is the client's default, the second the other side's
	Location string   `json:"location"`
	Deleted  bool     `json:"isDeleted"`
}

type matterTypeView struct {
	hyper
	matterType
}

// matterTypes makes the list. Ids depend on name and location only, so that they are the same
// in every run.
func matterTypes() []matterType {
	var all []matterType
	for _, place := range []string{"IL", "NY"} {
		all = append(all, typesFor(usTypes, place, "_"+place)...)
	}
	return append(all, typesFor(auTypes, "NSW", "")...)
}

func typesFor(areas []area, place, suffix string) []matterType {
	var out []matterType
	for _, a := range areas {
		for _, n := range a.names {
			name, gone := strings.CutPrefix(n, "-")
			out = append(out, newMatterType(a, name, place, suffix, kindMatter, gone))
		}
		out = append(out, newMatterType(a, a.category+" Lead", place, suffix, kindLead, false))
	}
	return out
}

func newMatterType(a area, name, place, suffix string, kind int, gone bool) matterType {
	id := uuid.NewSHA1(uuid.NameSpaceURL, []byte(place+"/"+a.category+"/"+name)).String()
	return matterType{
		ID: id + suffix, Version: uuid.NewSHA1(uuid.NameSpaceURL, []byte(id)).String(),
		Name: name, Category: a.category, Kind: kind, Roles: a.roles, Location: place, Deleted: gone,
	}
}

// offers reports whether a firm of that location is in the region of t.
func (t matterType) offers(location string) bool {
	return australian(t.Location) == australian(location)
}

func australian(location string) bool {
	return slices.Contains([]string{"NSW", "VIC", "QLD", "SA", "WA", "TAS", "ACT", "NT"}, location)
}

// matterType finds a type by id among those of the firm's region.
func (s *store) matterType(a *account, id string) (matterType, bool) {
	for _, t := range s.types {
		if t.ID == id && t.offers(a.Location) {
			return t, true
		}
	}
	return matterType{}, false
}

func (s *views) viewType(t matterType) matterTypeView {
	return matterTypeView{s.self("/mattertypes", t.ID), t}
}

func listMatterTypes(c *call) (reply, *problem) {
	kind, p := c.query.whole("Type", -1, kindMatter, kindLead)
	if p != nil {
		return reply{}, p
	}
	var found []matterType
	for _, t := range c.types {
		if t.offers(c.account.Location) && !t.Deleted && (kind < 0 || t.Kind == kind) && t.wanted(c.query) {
			found = append(found, t)
		}
	}
	return listed(c, found, c.viewType)
}

func (t matterType) wanted(q query) bool {
	location, category, name := q.one("Location"), q.one("Category"), q.one("Name")
	return (location == "" || strings.EqualFold(location, t.Location)) &&
		(category == "" || strings.EqualFold(category, t.Category)) &&
		strings.Contains(strings.ToLower(t.Name), strings.ToLower(name))
}

// stringsView is an unpaged list of words.
type stringsView struct {
	hyper
	Value []string `json:"value"`
}

func listCategories(c *call) (reply, *problem) {
	var all []string
	for _, t := range c.types {
		if t.offers(c.account.Location) && !slices.Contains(all, t.Category) {
			all = append(all, t.Category)
		}
	}
	slices.Sort(all)
	return ok(stringsView{hyper{Href: c.base + c.path, Method: "GET"}, all}), nil
}

func getMatterType(c *call) (reply, *problem) {
	t, found := c.matterType(c.account, c.id("id"))
	if !found {
		return reply{}, missing("matter type", c.id("id"))
	}
	return ok(c.viewType(t)), nil
}
