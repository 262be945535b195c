package domain

import (
	"slices"
	"strings"
	"unicode"
)

// How says by what a matter type was found.
type How string

// The ways.
const (
	HowCustom     How = "custom"     // the firm's own mapping
	HowExact      How = "exact"      // the same name
	HowNormalised How = "normalised" // the same name but for punctuation, plural and synonyms
)

// Resolution is the matter type that a case type means, or the nearest ones.
type Resolution struct {
	Type    MatterType
	Found   bool
	How     How
	Mapping *KeptMapping // the firm's own that fits; where none was found, its matter type is gone
	Warning *Warning     // the choice was not exact: what was chosen
	Nearest []string     // where none was found: names worth mapping to
}

// Role is what the client is in such a matter; empty: the type's default.
func (r Resolution) Role() string {
	if !r.Found || r.Mapping == nil {
		return ""
	}
	return r.Mapping.ClientRole
}

// Usable reports whether matters may be of the type: it is neither deleted nor for leads.
func (t MatterType) Usable() bool { return !t.Deleted && !t.Lead }

// ResolveMatterType finds the account's matter type for a case type: first by the firm's
// own mappings, the most specific one that fits, then by the same name (SameText) with
// practice area and jurisdiction, then with names normalised (punctuation, plural, well-known
// synonyms) and a warning that names the choice. Deleted types and those of leads are
// left out: a mapping to one of them resolves to none. An empty practice area or
// jurisdiction does not narrow; where several types remain, none is chosen.
func ResolveMatterType(types []MatterType, own Mappings, d MatterData) Resolution {
	usable := slices.DeleteFunc(slices.Clone(types), func(t MatterType) bool { return !t.Usable() })
	if k, ok := own.For(d); ok {
		return resolveCustom(usable, k, d)
	}
	if t, ok := only(usable, d, SameText); ok {
		return Resolution{Type: t, Found: true, How: HowExact}
	}
	if t, ok := only(usable, d, sameWords); ok {
		return Resolution{Type: t, Found: true, How: HowNormalised, Warning: &Warning{Code: WarnTypeNormalised, About: &About{Value: d.CaseType, Was: t.Name}}}
	}
	return Resolution{Nearest: nearest(usable, d)}
}

// resolveCustom is what the mapping says. Where its type is gone nothing else is taken in
// its place: the firm chose against that.
func resolveCustom(usable []MatterType, k KeptMapping, d MatterData) Resolution {
	i := slices.IndexFunc(usable, func(t MatterType) bool { return t.ID == k.MatterTypeID })
	if i < 0 {
		return Resolution{Mapping: &k, Nearest: nearest(usable, d)}
	}
	return Resolution{Type: usable[i], Found: true, How: HowCustom, Mapping: &k}
}

// only returns the one type that same finds equal to the case type; of several it
// prefers those of the jurisdiction over those without a location.
func only(types []MatterType, d MatterData, same func(a, b string) bool) (MatterType, bool) {
	var here, anywhere []MatterType
	for _, t := range types {
		if !same(t.Name, d.CaseType) || (Text(d.PracticeArea) != "" && !same(t.Category, d.PracticeArea)) {
			continue
		}
		switch {
		case t.Location != "" && samePlace(t.Location, d.Jurisdiction):
			here = append(here, t)
		case t.Location == "" || Text(d.Jurisdiction) == "":
			anywhere = append(anywhere, t)
		}
	}
	if len(here) == 0 {
		here = anywhere
	}
	if len(here) != 1 {
		return MatterType{}, false
	}
	return here[0], true
}

// synonyms are names that lawyers use for one thing; each line's first is the name
// that the others are read as. Words are in the form that words gives.
var synonyms = [][]string{
	{"motor vehicle accident", "auto accident", "car accident", "automobile accident", "vehicle accident", "mva"},
	{"workers compensation", "worker compensation", "work comp", "workmans compensation", "workers comp"},
	{"slip and fall", "slip fall", "trip and fall", "premise liability"},
	{"divorce", "dissolution of marriage", "marriage dissolution"},
	{"medical malpractice", "medical negligence", "med mal"},
	{"will", "last will and testament"},
	{"driving under the influence", "dui", "dwi", "owi"},
	{"personal injury", "pi"},
	{"family law", "family"},
	{"real estate", "real property"},
	{"estate planning", "estate"},
}

func sameWords(a, b string) bool { return words(a) == words(b) }

// words is a name without case, punctuation and plural, read by the synonyms.
func words(name string) string {
	list := lowerWords(name)
	for i, w := range list {
		if len(w) > 3 && strings.HasSuffix(w, "s") && !strings.HasSuffix(w, "ss") {
			list[i] = strings.TrimSuffix(w, "s")
		}
	}
	plain := strings.Join(list, " ")
	for _, line := range synonyms {
		for _, s := range line {
			if plain == singular(s) {
				return singular(line[0])
			}
		}
	}
	return plain
}

// wordsOnly writes a name so that its words are letters and digits.
var wordsOnly = strings.NewReplacer("’", "", "'", "", "&", " and ")

// lowerWords are a name's words in small letters, without punctuation.
func lowerWords(name string) []string {
	name = wordsOnly.Replace(Fold(name))
	return strings.FieldsFunc(name, func(r rune) bool { return !unicode.In(r, unicode.Letter, unicode.Digit, unicode.Mark) })
}

func singular(name string) string {
	list := strings.Fields(name)
	for i, w := range list {
		if len(w) > 3 && strings.HasSuffix(w, "s") && !strings.HasSuffix(w, "ss") {
			list[i] = strings.TrimSuffix(w, "s")
		}
	}
	return strings.Join(list, " ")
}

// nearest are up to three type names that share most words with the case type, the
// ones of its practice area and jurisdiction first.
func nearest(types []MatterType, d MatterData) []string {
	type scored struct {
		name  string
		score int
	}
	var list []scored
	for _, t := range types {
		s := 2 * shared(words(t.Name), words(d.CaseType))
		if sameWords(t.Category, d.PracticeArea) {
			s++
		}
		if Text(d.Jurisdiction) != "" && t.Location != "" && !samePlace(t.Location, d.Jurisdiction) {
			s = 0
		}
		if s > 0 {
			list = append(list, scored{t.Name, s})
		}
	}
	slices.SortStableFunc(list, func(a, b scored) int { return b.score - a.score })
	var names []string
	for _, s := range list {
		if len(names) < 3 && !contains(names, s.name) {
			names = append(names, s.name)
		}
	}
	return names
}

func shared(a, b string) int {
	n := 0
	for _, w := range strings.Fields(a) {
		if contains(strings.Fields(b), w) {
			n++
		}
	}
	return n
}
