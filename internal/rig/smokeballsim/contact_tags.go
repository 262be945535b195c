package smokeballsim

import (
	"net/http"
	"slices"
	"strings"
)

type tagList struct {
	hyper
	Value []tag `json:"value"`
}

func listContactTags(c *call) (reply, *problem) {
	k, p := c.findContact()
	if p != nil {
		return reply{}, p
	}
	return ok(tagList{c.self("/contacts/"+k.ID, "tags"), append([]tag{}, k.Tags...)}), nil
}

func addContactTags(c *call) (reply, *problem) {
	k, p := c.findContact()
	if p != nil {
		return reply{}, p
	}
	var names []string
	if p := strict(c.body, &names); p != nil {
		return reply{}, p
	}
	for _, name := range names {
		name = strings.TrimSpace(name)
		if name == "" {
			return reply{}, invalid("$", "A tag needs a name.")
		}
		has := func(t tag) bool { return strings.EqualFold(t.Name, name) }
		if !slices.ContainsFunc(k.Tags, has) {
			k.Tags = append(k.Tags, tag{c.tagID(c.account, name), name, "Custom"})
		}
	}
	c.changedTags(k)
	return reply{http.StatusCreated, c.at("/contacts/"+k.ID, "tags")}, nil
}

func removeContactTag(c *call) (reply, *problem) {
	k, p := c.findContact()
	if p != nil {
		return reply{}, p
	}
	id := c.id("tagId")
	at := slices.IndexFunc(k.Tags, func(t tag) bool { return t.ID == id })
	if at < 0 {
		return reply{}, missing("tag", id)
	}
	k.Tags = slices.Delete(slices.Clone(k.Tags), at, at+1)
	c.changedTags(k)
	return reply{http.StatusAccepted, c.at("/contacts/"+k.ID, "tags")}, nil
}

// changedTags sends the webhook of a contact's new tags.
func (c *call) changedTags(k *contact) {
	c.touchContact(k)
	c.notify(c.origin(), "contact.updated", c.viewContact(k))
}
