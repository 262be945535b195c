package domain

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Clean takes out of s what people can't see and what misleads them: control characters,
// invisible ones, and those that reverse the direction of writing. Line breaks and tabs
// become blanks. cleaned reports whether anything was taken out or became a blank.
func Clean(s string) (clean string, cleaned bool) {
	if isPlain(s) {
		return s, false // as most are, and views compare each value of a matter with every event
	}
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n")
	clean = strings.Map(func(r rune) rune {
		switch {
		case isBreak(r):
			return ' '
		case isHidden(r):
			return -1
		}
		return r
	}, s)
	return clean, clean != s
}

// Text is s as it is sent to others: clean, in Unicode's composed form (NFC), and without
// blanks around it.
func Text(s string) string {
	s, _ = Clean(s)
	return strings.TrimSpace(norm.NFC.String(s))
}

// Fold is s in the form in which names, numbers and addresses are compared: as it is sent,
// inner blanks as one, without regard to case.
func Fold(s string) string {
	s = strings.ToLower(strings.Join(strings.Fields(Text(s)), " ")) // cases.Fold alone tells Cherokee letters of either case apart
	if isASCII(s) {
		return s // most are, and a thousand matter types are compared for one matter
	}
	return norm.NFC.String(cases.Fold().String(s))
}

// isPlain reports whether s has nothing but visible ASCII characters and blanks.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// SameText reports whether people would read a and b as the same.
func SameText(a, b string) bool { return Fold(a) == Fold(b) }

// Digits are the digits of s, of whatever script, as 0 to 9. All else is left out.
func Digits(s string) string {
	return strings.Map(func(r rune) rune {
		if d, ok := digit(r); ok {
			return '0' + d
		}
		return -1
	}, s)
}

// digit is the value of a decimal digit. Unicode keeps those of a script in one run, from
// zero to nine.
func digit(r rune) (value rune, ok bool) {
	for _, run := range unicode.Nd.R16 {
		if lo, hi := rune(run.Lo), rune(run.Hi); lo <= r && r <= hi {
			return (r - lo) % 10, true
		}
	}
	for _, run := range unicode.Nd.R32 {
		if lo, hi := rune(run.Lo), rune(run.Hi); lo <= r && r <= hi {
			return (r - lo) % 10, true
		}
	}
	return 0, false
}

// isBreak reports whether r ends a line, a paragraph or a column.
func isBreak(r rune) bool {
	switch r {
	case '\t', '\n', '\v', '\f', '\r', 0x1c, 0x1d, 0x1e, 0x1f, 0x85, 0x2028, 0x2029:
		return true
	}
	return false
}

// isHidden reports whether r shows nothing of its own. The joiners of Persian, Indic scripts
// and emoji (U+200C, U+200D) belong to the word that they are in.
func isHidden(r rune) bool { return unicode.IsControl(r) || unicode.Is(hidden, r) }

// hidden are the invisible characters and those that direct the way of writing. It is only read.
var hidden = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x00ad, Hi: 0x00ad, Stride: 1}, // soft hyphen
		{Lo: 0x034f, Hi: 0x034f, Stride: 1}, // grapheme joiner
		{Lo: 0x061c, Hi: 0x061c, Stride: 1}, // Arabic letter mark
		{Lo: 0x180e, Hi: 0x180e, Stride: 1}, // Mongolian vowel separator
		{Lo: 0x200b, Hi: 0x200b, Stride: 1}, // blank without width
		{Lo: 0x200e, Hi: 0x200f, Stride: 1}, // marks of direction
		{Lo: 0x202a, Hi: 0x202e, Stride: 1}, // embeddings and overrides of direction
		{Lo: 0x2060, Hi: 0x206f, Stride: 1}, // word joiner, invisible operators, isolates of direction
		{Lo: 0xfeff, Hi: 0xfeff, Stride: 1}, // byte order mark
		{Lo: 0xfff9, Hi: 0xfffb, Stride: 1}, // annotations
	},
	R32: []unicode.Range32{
		{Lo: 0xe0000, Hi: 0xe007f, Stride: 1}, // tags
	},
	LatinOffset: 1,
}
