package domain

import "strings"

// nationalDigits is how many digits a phone number has at least without its country code.
const nationalDigits = 9

// SamePhone reports whether a and b are one phone number: they differ only in signs, in the
// script of the digits, in leading zeros, and in a country code that only one of them has.
// Texts without a digit are no numbers; they are compared as texts.
func SamePhone(a, b string) bool {
	x, y := strings.TrimLeft(Digits(a), "0"), strings.TrimLeft(Digits(b), "0")
	if x == "" || y == "" {
		return x == y && SameText(a, b)
	}
	if len(x) > len(y) {
		x, y = y, x
	}
	return x == y || (len(x) >= nationalDigits && strings.HasSuffix(y, x))
}
