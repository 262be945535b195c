package smokeballsim

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestSignatureOfTheVendorsExample(t *testing.T) {
	got := signature("ei7641529ue420n8b9aa", "637558795239278688", "38583489-09c4-49ef-b58c-ef1b34208cca", "lou1qnn0llav95")
	if want := "feb4b838a272884f6d2c2580b2c7ebb0b2f725b90e8baa6f9b5e1a17a9faec2d"; got != want {
		t.Errorf("signature = %s, want %s", got, want)
	}
}

func TestTicksThereAndBack(t *testing.T) {
	at := time.Date(2022, 4, 23, 14, 0, 0, 1234567*100, time.UTC)
	if got := fromTicks(ticks(at)); !got.Equal(at) {
		t.Errorf("there and back is %s", got)
	}
	if got := ticks(time.Date(2000, 1, 1, 20, 0, 0, 0, time.UTC)); got != 630823536000000000 {
		t.Errorf("ticks = %d", got)
	}
}

func TestWildcard(t *testing.T) {
	for pattern, c := range map[string]struct{ hits, misses []string }{
		"*":     {[]string{"", "x"}, nil},
		"a*c":   {[]string{"ac", "abc", "abcc"}, []string{"a", "ab", "xac"}},
		"*b*":   {[]string{"b", "abc"}, []string{"", "ac"}},
		"abc":   {[]string{"abc"}, []string{"ab", "abcd", ""}},
		"a**":   {[]string{"a", "ab"}, []string{"b"}},
		"*ab*b": {[]string{"aabb", "abxb"}, []string{"ab", "aba"}},
		"":      {[]string{""}, []string{"a"}},
	} {
		for _, s := range c.hits {
			if !wildcard(pattern, s) {
				t.Errorf("%q does not match %q", pattern, s)
			}
		}
		for _, s := range c.misses {
			if wildcard(pattern, s) {
				t.Errorf("%q matches %q", pattern, s)
			}
		}
	}
}

func TestMergeLaysThePatchOver(t *testing.T) {
	was := contactIn{ExternalSystemID: "e", Person: &personIn{person: person{FirstName: "A", Email: "a@b", Phone: &phone{"1", "2"}}}}
	named, p := fields([]byte(`{"ExternalSystemId":null,"person":{"FirstName":"B","phone":{"number":"3"}}}`))
	if p != nil {
		t.Fatal(p)
	}
	got, err := merge(was, named)
	if err != nil {
		t.Fatal(err)
	}
	if got.ExternalSystemID != "" || got.Person.FirstName != "B" || got.Person.Email != "a@b" || *got.Person.Phone != (phone{"1", "3"}) {
		t.Errorf("merged = %+v %+v", got, got.Person)
	}
	if was.Person.FirstName != "A" || was.Person.Phone.Number != "2" {
		t.Error("the original changed")
	}
}

func FuzzSearch(f *testing.F) {
	for _, seed := range []string{"email:a@b.c", "name:!x*", "phone::>=1", "::", "a:", "é:é*"} {
		f.Add(seed, "candidate")
	}
	f.Fuzz(func(t *testing.T, text, candidate string) {
		terms, p := parseSearch([]string{text}, "email", "name", "phone")
		if p != nil {
			return
		}
		if len(terms) != 1 || terms[0].value == "" {
			t.Fatalf("%q parses to %+v", text, terms)
		}
		not := terms[0]
		not.operator = ":!"
		is := terms[0]
		is.operator = ":"
		if is.holds(candidate) == not.holds(candidate) {
			t.Fatalf("%q and its negation agree about %q", text, candidate)
		}
	})
}

func FuzzWildcard(f *testing.F) {
	f.Add("a*b", "axxb")
	f.Add("**a", "ba")
	f.Fuzz(func(t *testing.T, pattern, s string) {
		got := wildcard(pattern, s)
		if !strings.Contains(pattern, "*") && got != (pattern == s) {
			t.Fatalf("%q against %q is %v", pattern, s, got)
		}
		if got && !wildcard(pattern+"*", s+"tail") {
			t.Fatalf("%q matches %q, but not with a tail", pattern, s)
		}
	})
}

func FuzzSort(f *testing.F) {
	f.Add("asc(lastUpdated)")
	f.Add("desc((")
	f.Fuzz(func(t *testing.T, text string) {
		by, p := parseSort(text, "lastupdated")
		if p == nil && text != "" && by.field != "lastupdated" {
			t.Fatalf("%q sorts by %q", text, by.field)
		}
	})
}

func FuzzMatterPatch(f *testing.F) {
	for _, seed := range []string{`{"status":"Open"}`, `{"clientIds":null}`, `{"closedDate":"2026-01-01T00:00:00+02:00"}`, `[]`, `{"":1}`, `{"referralAgreementFee":1e400}`} {
		f.Add([]byte(seed))
	}
	was := matterIn{matterFields: matterFields{Number: "1", ClientIDs: []string{"c"}, Status: "Open"}}
	f.Fuzz(func(t *testing.T, body []byte) {
		var typed matterPatch
		if strict(body, &typed) != nil {
			return
		}
		named, p := fields(body)
		if p != nil {
			return
		}
		next, err := patched(was, named)
		if err != nil {
			return
		}
		if _, err := json.Marshal(next); err != nil {
			t.Fatalf("%s leaves what JSON cannot hold: %v", body, err)
		}
		if _, touched := named["number"]; !touched && next.Number != "1" {
			t.Fatalf("%s changed the number to %q", body, next.Number)
		}
	})
}

func FuzzDateTime(f *testing.F) {
	f.Add("2026-01-01T00:00:00Z")
	f.Add("2026-01-01T00:00:00")
	f.Add("2026-01-01T00:00:00.5+01:00")
	f.Fuzz(func(t *testing.T, text string) {
		d, err := parseDateTime(text)
		if err != nil {
			return
		}
		again, err := parseDateTime(string(d))
		if err != nil || again != d {
			t.Fatalf("%q becomes %q, then %q (%v)", text, d, again, err)
		}
	})
}
