package domain

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Name is what a person or a company is called. A company has no other part.
type Name struct {
	First   string
	Middle  string // CaseHug keeps it in First
	Last    string
	Suffix  string // CaseHug keeps it in Last, or in First
	Company string
}

// String is the name as people write it.
func (n Name) String() string {
	if n.IsCompany() {
		return Text(n.Company)
	}
	return strings.Join(strings.Fields(Text(n.given())+" "+Text(n.Last)+" "+Text(n.Suffix)), " ")
}

// IsCompany reports whether a company has the name.
func (n Name) IsCompany() bool { return Text(n.Company) != "" }

// Same reports whether both are the same name, however their letters are composed, spaced
// and capitalised, and wherever a person's "Jr." stands. A middle name that one of them lacks
// makes no difference beside a first name. Who has no name is nobody's namesake.
func (n Name) Same(o Name) bool {
	if n.IsCompany() || o.IsCompany() {
		return n.IsCompany() && o.IsCompany() && SameText(n.Company, o.Company)
	}
	n, own := n.generation()
	o, other := o.generation()
	return own == other && n.sameParts(o)
}

// sameParts compares two persons' names without their generations.
func (n Name) sameParts(o Name) bool {
	if n.String() == "" || !SameText(n.Last, o.Last) {
		return false
	}
	oneHasNoMiddle := Text(n.Middle) == "" || Text(o.Middle) == ""
	return SameText(n.given(), o.given()) || (oneHasNoMiddle && Text(n.First) != "" && SameText(n.First, o.First))
}

// Fits reports whether both may be the name of one person or one company: they are the same,
// one of them lacks the first name, or the first names differ only by an initial, a middle
// name or a usual short form. A person's name never fits a company's, nor a father's his son's:
// a person with "Jr." is never one without.
func (n Name) Fits(o Name) bool {
	switch {
	case n.Same(o):
		return true
	case n.IsCompany() || o.IsCompany():
		return false
	}
	n, own := n.generation()
	o, other := o.generation()
	last := nameWords(n.Last)
	return own == other && len(last) > 0 && slices.Equal(last, nameWords(o.Last)) && givenFit(nameWords(n.given()), nameWords(o.given()))
}

// shares reports whether two persons have the last name, or the first name, in common.
func (n Name) shares(o Name) bool {
	n, _ = n.generation()
	o, _ = o.generation()
	last, given, other := nameWords(n.Last), nameWords(n.given()), nameWords(o.given())
	return slices.Equal(last, nameWords(o.Last)) || (len(given) > 0 && len(other) > 0 && givenFit(given, other))
}

func firstWord(part string) string {
	if words := nameWords(part); len(words) > 0 {
		return words[0]
	}
	return Fold(part)
}

func (n Name) given() string { return n.First + " " + n.Middle }

// oneSpelling writes the signs within a name in one way.
var oneSpelling = strings.NewReplacer(".", " ", "-", " ", "‐", " ", "’", "'", "‘", "'", "ʼ", "'")

// nameWords are the words of a part of a name as they are compared.
func nameWords(part string) []string {
	return strings.Fields(oneSpelling.Replace(Fold(part)))
}

// givenFit compares word by word; what only one of them has are middle names.
func givenFit(a, b []string) bool {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] && !isInitial(a[i], b[i]) && !isInitial(b[i], a[i]) && !isShortForm(a[i], b[i]) && !isShortForm(b[i], a[i]) {
			return false
		}
	}
	return true
}

// isInitial reports whether word begins with the initial. A single letter of a script without
// capitals may be a whole name.
func isInitial(initial, word string) bool {
	r, size := utf8.DecodeRuneInString(initial)
	return size == len(initial) && unicode.ToUpper(r) != r && strings.HasPrefix(word, initial)
}

func isShortForm(short, long string) bool { return slices.Contains(shortForms[short], long) }

// shortForms are usual short forms of first names, folded, with the names that they stand for.
// It is only read. What is missing here makes a contact of its own, which people can merge; what
// is too much here would bring two people together, which nobody can undo.
var shortForms = map[string][]string{
	"abby": {"abigail"}, "al": {"albert", "alan", "alfred", "alexander"}, "alex": {"alexander", "alexandra", "alexandria", "alejandro", "alejandra"},
	"andy": {"andrew"}, "angie": {"angela"}, "art": {"arthur"}, "barb": {"barbara"}, "becky": {"rebecca"}, "ben": {"benjamin"}, "bernie": {"bernard"},
	"bert": {"albert", "herbert", "robert"}, "bess": {"elizabeth"}, "beth": {"elizabeth"}, "betsy": {"elizabeth"}, "betty": {"elizabeth"},
	"beto": {"alberto", "roberto"}, "bill": {"william"}, "billy": {"william"}, "bob": {"robert"}, "bobby": {"robert"}, "brad": {"bradley"},
	"cathy": {"catherine"}, "charlie": {"charles"}, "chris": {"christopher", "christian", "christine", "christina"}, "chuck": {"charles"},
	"cindy": {"cynthia"}, "concha": {"concepcion", "concepción"}, "dan": {"daniel"}, "danny": {"daniel"}, "dave": {"david"}, "deb": {"deborah", "debra"},
	"debbie": {"deborah", "debra"}, "dick": {"richard"}, "don": {"donald"}, "donnie": {"donald"}, "doug": {"douglas"}, "ed": {"edward", "edwin", "edgar"},
	"eddie": {"edward"}, "ernie": {"ernest"}, "fran": {"frances"}, "frank": {"francis", "franklin"}, "fred": {"frederick", "alfred"},
	"gabe": {"gabriel"}, "gene": {"eugene"}, "greg": {"gregory"}, "hank": {"henry"}, "harry": {"harold", "henry"}, "jack": {"john"}, "jake": {"jacob"},
	"jen": {"jennifer"}, "jenny": {"jennifer"}, "jeff": {"jeffrey"}, "jerry": {"gerald", "jerome"}, "jess": {"jessica"}, "jim": {"james"},
	"jimmy": {"james"}, "joe": {"joseph"}, "joey": {"joseph"}, "johnny": {"john"}, "jon": {"jonathan"}, "josh": {"joshua"},
	"judy": {"judith"}, "kate": {"katherine", "catherine"}, "kathy": {"katherine", "kathleen"}, "katie": {"katherine"}, "ken": {"kenneth"},
	"kim": {"kimberly"}, "larry": {"lawrence"}, "len": {"leonard"}, "lexi": {"alexandra"}, "liz": {"elizabeth"}, "lizzie": {"elizabeth"},
	"lou": {"louis"}, "lupe": {"guadalupe"}, "maggie": {"margaret"}, "manny": {"manuel", "emmanuel"}, "manolo": {"manuel"}, "marge": {"margaret", "marjorie"},
	"matt": {"matthew"}, "max": {"maxwell", "maximilian"}, "meg": {"margaret"}, "mel": {"melvin", "melissa"}, "mike": {"michael"}, "mickey": {"michael"},
	"mandy": {"amanda"}, "nacho": {"ignacio"}, "nate": {"nathan", "nathaniel"}, "ned": {"edward"}, "nick": {"nicholas"}, "nicky": {"nicholas", "nicole"},
	"pam": {"pamela"}, "paco": {"francisco"}, "pancho": {"francisco"}, "pat": {"patrick", "patricia"}, "patty": {"patricia"}, "peggy": {"margaret"},
	"pepe": {"jose", "josé"}, "pete": {"peter"}, "phil": {"philip", "phillip"}, "ray": {"raymond"}, "rich": {"richard"}, "rick": {"richard"},
	"ricky": {"richard"}, "rob": {"robert"}, "robbie": {"robert"}, "ron": {"ronald"}, "ronnie": {"ronald"}, "russ": {"russell"},
	"sam": {"samuel", "samantha"}, "sandy": {"sandra", "alexander"}, "stan": {"stanley"}, "steve": {"steven", "stephen"}, "sue": {"susan", "suzanne"},
	"susie": {"susan"}, "ted": {"theodore", "edward"}, "teddy": {"theodore"}, "terry": {"terence", "theresa"}, "tess": {"theresa", "teresa"}, "tim": {"timothy"},
	"tom": {"thomas", "tomas", "tomás"}, "tommy": {"thomas"}, "tony": {"anthony", "antonio"}, "trish": {"patricia"}, "val": {"valerie"}, "vic": {"victor"},
	"vicky": {"victoria"}, "vince": {"vincent"}, "walt": {"walter"}, "wes": {"wesley"}, "will": {"william"}, "willy": {"william"}, "zach": {"zachary"},
}
