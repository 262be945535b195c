package bus

import (
	"strings"
	"testing"
)

const someHash = "$2a$04$wDIBPpzFQPOJZ1gmlDXAOeM5pVqXCvUkQWfvvxBbYvqDFkHbFGUeG"

func TestParseUsersRefuses(t *testing.T) {
	for name, c := range map[string]struct{ text, says string }{
		"empty":         {"", "not readable"},
		"no users":      {"users: []", "names no user"},
		"unknown field": {"users: [{user: a, password: x, admin: true}]", "not readable"},
		"no sign-in":    {"users: [{firm: f1}]", "entry 1: it lacks a way"},
		"no password":   {"users: [{user: a}]", "entry 1: it lacks a way"},
		"plain text":    {"users: [{user: a, password: geheim}]", "not a bcrypt hash"},
		"both":          {"users: [{user: a, nkey: UABC}]", "keep one way"},
		"bad key":       {"users: [{nkey: UABC}]", "not a public user key"},
		"bad firm":      {"users: [{user: a, password: '" + someHash + "', firm: 'f.*'}]", "firm is not an id"},
		"white space":   {"users: [{user: 'a b', password: '" + someHash + "'}]", "white space"},
		"twice":         {"users: [{user: a, password: '" + someHash + "'}, {user: a, password: '" + someHash + "'}]", "entry 2: a is named twice"},
		"every fault":   {"users: [{firm: f1}, {nkey: UABC}]", "entry 2"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parseUsers(strings.NewReader(c.text))
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("%v; want it to say %q", err, c.says)
			}
			if strings.Contains(err.Error(), "geheim") || strings.Contains(err.Error(), "$2a$") {
				t.Errorf("the error tells a secret: %v", err)
			}
		})
	}
}

func TestParseUsersReadsJSON(t *testing.T) {
	users, err := parseUsers(strings.NewReader(`{"users":[{"user":"a","password":"` + someHash + `","firm":"f1"}]}`))
	if err != nil || len(users) != 1 || users[0].Firm != "f1" {
		t.Fatalf("%v, %v", users, err)
	}
}

func FuzzParseUsers(f *testing.F) {
	f.Add("users: [{user: a, password: '" + someHash + "', firm: f1}]")
	f.Add("users: [{nkey: UABC}]")
	f.Add("- &a [*a]")
	f.Fuzz(func(t *testing.T, text string) {
		users, err := parseUsers(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, u := range users {
			if (u.Name == "") == (u.Nkey == "") || (u.Firm != "" && !validID(u.Firm)) {
				t.Errorf("accepted %+v", u)
			}
		}
	})
}
