package domain_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/casehug/smokeball-sync/domain"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

func TestClean(t *testing.T) {
	for _, c := range []struct {
		name, in, out string
		cleaned       bool
	}{
		{"plain text stays", "Rivera v. Apex Freight", "Rivera v. Apex Freight", false},
		{"blanks around it are no fault", " Rivera ", " Rivera ", false},
		{"NUL never passes", "Ri\x00vera", "Rivera", true},
		{"line breaks and tabs become blanks", "Rivera\r\nv.\tApex\u2028Freight", "Rivera v. Apex Freight", true},
		{"escape sequences lose their escape", "\x1b[31mRivera", "[31mRivera", true},
		{"a text that is turned round reads as it is written", "Rivera \u202efdp.exe", "Rivera fdp.exe", true},
		{"isolates of direction", "\u2066Rivera\u2069", "Rivera", true},
		{"blanks without width, byte order marks, soft hyphens", "\ufeffRi\u200bve\u00adra", "Rivera", true},
		{"Persian joiners belong to the word", "می\u200cخواهم", "می\u200cخواهم", false},
		{"emoji joiners too", "👩\u200d⚖", "👩\u200d⚖", false},
		{"what is not UTF-8 is replaced", "Ri\xffvera", "Ri\ufffdvera", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, cleaned := domain.Clean(c.in)
			if out != c.out || cleaned != c.cleaned {
				t.Errorf("%q became %q, cleaned: %v; want %q, %v", c.in, out, cleaned, c.out, c.cleaned)
			}
		})
	}
}

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"dora@x.example ":              "dora@x.example",
		"Jose\u0301 Nu\u0301n\u0303ez": "Jos\u00e9 N\u00fa\u00f1ez",
		"\u00a0CH-1\u3000":             "CH-1",
		"Ana  Maria":                   "Ana  Maria",
		" \t\u200b ":                   "",
	} {
		if got := domain.Text(in); got != want {
			t.Errorf("%q is sent as %q, want %q", in, got, want)
		}
	}
}

func TestSameText(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"José Núñez", "Jose\u0301 Nu\u0301n\u0303ez", true},
		{"CH-1 ", "ch-1", true},
		{"Ana  Maria", "Ana Maria", true},
		{"STRASSE", "Straße", true},
		{"Ana\u00a0Lopez", "Ana Lopez", true},
		{"Ana", "An a", false},
		{"Jose", "José", false},
		{"", "   ", true},
	} {
		if domain.SameText(c.a, c.b) != c.same {
			t.Errorf("%q and %q: the same is %v, want %v", c.a, c.b, !c.same, c.same)
		}
	}
}

// TestLettersFold also where all of a text is beyond ASCII.
func TestLettersFold(t *testing.T) {
	if !domain.SameText("ß", "SS") {
		t.Error("ß and SS are told apart")
	}
}

func TestDigits(t *testing.T) {
	for in, want := range map[string]string{
		"+1 (312) 555-0142": "13125550142",
		"٣١٢ ٥٥٥":           "312555",
		"۳۱۲":               "312",
		"３１２":               "312",
		"३१२ ext. 4":        "3124",
		"𝟗𝟶":                "90",
		"none":              "",
	} {
		if got := domain.Digits(in); got != want {
			t.Errorf("the digits of %q are %q, want %q", in, got, want)
		}
	}
}

// TestDigitsComeInTens holds the table of Unicode to what the value of a digit is taken from.
func TestDigitsComeInTens(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !unicode.IsDigit(r) {
			continue
		}
		plain := norm.NFKC.String(string(r))
		if got := domain.Digits(string(r)); len(got) != 1 || (len(plain) == 1 && got != plain) {
			t.Errorf("%U is the digit %q, want %q", r, got, plain)
		}
	}
}

// TestTextIsStable tells that what is sent is the same when it comes back, and shows nothing
// but what people can see.
func TestTextIsStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })).Draw(t, "s")
		sent := domain.Text(s)
		if again := domain.Text(sent); again != sent {
			t.Fatalf("%q is sent as %q and then as %q", s, sent, again)
		}
		if !utf8.ValidString(sent) || strings.ContainsFunc(sent, unicode.IsControl) || !norm.NFC.IsNormalString(sent) {
			t.Fatalf("%q is sent as %q", s, sent)
		}
		if fold := domain.Fold(s); domain.Fold(fold) != fold {
			t.Fatalf("%q folds to %q and then to %q", s, fold, domain.Fold(fold))
		}
	})
}
