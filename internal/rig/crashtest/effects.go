package main

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
)

// effects are what there is in Smokeball, by the name under which CaseHug knows it: the
// Smokeball ids, of which there must be one.
type effects map[string][]string

func nameOfMatter(id string) string { return "matter " + id }

func nameOfContact(email string) string { return "contact " + email }

func nameOfFile(matter, name, sha256 string) string {
	return "file " + matter + " " + name + " " + sha256
}

func (e effects) add(name, id string) { e[name] = append(e[name], id) }

// doubled are the names that stand for more than one thing.
func (e effects) doubled() []string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(e)) {
		if len(e[name]) > 1 {
			list = append(list, name)
		}
	}
	return list
}

// ids are the ids of all things.
func (e effects) ids() map[string]bool {
	all := map[string]bool{}
	for _, list := range e {
		for _, id := range list {
			all[id] = true
		}
	}
	return all
}

// unexplained are those things which neither the ledger has nor it has asked for: their
// names and ids.
func (e effects) unexplained(r record) (list []string) {
	for _, name := range slices.Sorted(maps.Keys(e)) {
		for _, id := range e[name] {
			if !r.all[id] && !r.open[name] {
				list = append(list, name+" "+id)
			}
		}
	}
	return list
}

// missing are those of the names that stand for nothing.
func (e effects) missing(names []string) []string {
	var list []string
	for _, name := range names {
		if len(e[name]) == 0 {
			list = append(list, name)
		}
	}
	return list
}

// practice is what a firm has in Smokeball, as the simulator's own API shows it.
type practice struct {
	Matters []struct {
		ID, ExternalSystemID, Description, Status string
	}
	Contacts []struct {
		ID, Email string
		IsDeleted bool
	}
	Files []struct {
		ID, MatterID, Name, SHA256 string
		IsCancelled, IsDeleted     bool
	}
}

// effects name the things by what CaseHug knows; titles tell which matters are called
// as they should be.
func (p practice) effects() (made effects, titles map[string]bool) {
	made, titles = effects{}, map[string]bool{}
	of := map[string]string{}
	for _, m := range p.Matters {
		made.add(nameOfMatter(m.ExternalSystemID), m.ID)
		titles[m.ExternalSystemID+" "+m.Description] = true
		of[m.ID] = m.ExternalSystemID
	}
	for _, c := range p.Contacts {
		if !c.IsDeleted {
			made.add(nameOfContact(c.Email), c.ID)
		}
	}
	for _, f := range p.Files {
		if !f.IsDeleted && !f.IsCancelled {
			made.add(nameOfFile(of[f.MatterID], f.Name, f.SHA256), f.ID)
		}
	}
	return made, titles
}

var errNoFirm = errors.New("the simulator has no firm")

// has reads what there is in Smokeball.
func (w *world) has(ctx context.Context) (effects, map[string]bool, error) {
	p, err := w.practice(ctx)
	if err != nil {
		return nil, nil, err
	}
	made, titles := p.effects()
	return made, titles, nil
}

// practice reads what the firm, and one beside it, have in Smokeball.
func (w *world) practice(ctx context.Context) (practice, error) {
	var state struct{ Accounts []practice }
	if err := w.smokeball.call(ctx, http.MethodGet, "/_sim/state", nil, &state); err != nil {
		return practice{}, err
	}
	if len(state.Accounts) == 0 {
		return practice{}, errNoFirm
	}
	var p practice
	for _, a := range state.Accounts {
		p.Matters, p.Contacts, p.Files = append(p.Matters, a.Matters...), append(p.Contacts, a.Contacts...), append(p.Files, a.Files...)
	}
	return p, nil
}

// wanted are the names of what the first n cases bring about, and the titles that their
// matters have in the end.
func wanted(n int, documents func(caseNumber) []document) (names, titles []string) {
	return wantedOf(firstCases(n, func(caseNumber) bool { return true }), documents)
}

// firstCases are the first n cases that will do.
func firstCases(n int, will func(caseNumber) bool) (list []caseNumber) {
	for k := caseNumber(0); len(list) < n; k++ {
		if will(k) {
			list = append(list, k)
		}
	}
	return list
}

// wantedOf are the names of what acknowledged cases bring about, and the titles that their
// matters have in the end.
func wantedOf(cases []caseNumber, documents func(caseNumber) []document) (names, titles []string) {
	clients := map[string]bool{}
	for _, k := range cases {
		names = append(names, nameOfMatter(k.matter()))
		if !clients[k.email()] {
			clients[k.email()] = true
			names = append(names, nameOfContact(k.email()))
		}
		for _, d := range documents(k) {
			names = append(names, nameOfFile(k.matter(), d.name(), d.sha256()))
		}
		version := 1
		if k.amended() {
			version = 2
		}
		titles = append(titles, k.matter()+" "+k.title(version))
	}
	return names, titles
}

// short is a list for people: the first few of it.
func short(list []string) []string {
	if len(list) > 5 {
		return append(slices.Clone(list[:5]), "…")
	}
	return list
}
