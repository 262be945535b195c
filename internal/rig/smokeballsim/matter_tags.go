package smokeballsim

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"
)

type matterTagList struct {
	hyper
	Value []matterTag `json:"value"`
}

func listMatterTags(c *call) (reply, *problem) {
	m, p := c.findMatter()
	if p != nil {
		return reply{}, p
	}
	return ok(matterTagList{c.self("/matters/"+m.ID, "tags"), append([]matterTag{}, m.Tags...)}), nil
}

func addMatterTags(c *call) (reply, *problem) {
	m, p := c.findMatter()
	if p != nil {
		return reply{}, p
	}
	var in []matterTagIn
	if p := strict(c.body, &in); p != nil {
		return reply{}, p
	}
	var tags []matterTag
	for _, t := range in {
		made, p := c.makeTag(t)
		if p != nil {
			return reply{}, p
		}
		tags = append(tags, made)
	}
	for _, t := range tags {
		if !slices.ContainsFunc(m.Tags, func(has matterTag) bool { return has.ID == t.ID }) {
			m.Tags = append(m.Tags, t)
		}
	}
	c.changedMatterTags(m)
	return reply{http.StatusCreated, c.at("/matters/"+m.ID, "tags")}, nil
}

// makeTag converts a written tag to a stored one.
func (c *call) makeTag(t matterTagIn) (matterTag, *problem) {
	color := cmp.Or(t.Color, "Brown")
	switch name := strings.TrimSpace(t.Name); t.Type {
	case "Staff":
		if _, found := c.account.staffMember(t.ID); !found {
			return matterTag{}, invalid("id", "No staff member has the id %q.", t.ID)
		}
		return matterTag{t.ID, "Staff", name, color, c.optional("/staff", t.ID)}, nil
	case "Custom", "":
		if name == "" {
			return matterTag{}, invalid("name", "A tag needs a name.")
		}
		return matterTag{c.tagID(c.account, name), "Custom", name, color, nil}, nil
	}
	return matterTag{}, invalid("type", "%q is no type of tag; use Custom or Staff.", t.Type)
}

func removeMatterTag(c *call) (reply, *problem) {
	m, p := c.findMatter()
	if p != nil {
		return reply{}, p
	}
	id := c.id("tagId")
	at := slices.IndexFunc(m.Tags, func(t matterTag) bool { return t.ID == id })
	if at < 0 {
		return reply{}, missing("tag", id)
	}
	m.Tags = slices.Delete(slices.Clone(m.Tags), at, at+1)
	c.changedMatterTags(m)
	return reply{http.StatusAccepted, c.at("/matters/"+m.ID, "tags")}, nil
}

func (c *call) changedMatterTags(m *matter) {
	m.Updated = time.Now()
	c.notify(c.origin(), "matter.updated", c.viewMatter(c.account, m))
}
