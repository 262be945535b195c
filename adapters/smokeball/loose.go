package smokeball

import (
	"bytes"
	"encoding/json"
	"math/big"
	"strings"
)

// withoutBOM is foreign JSON without the byte order mark that some proxies and servers
// put in front of it, which encoding/json refuses.
func withoutBOM(b []byte) []byte { return bytes.TrimPrefix(b, []byte("\ufeff")) }

// looseInt is a whole number as JSON writers spell it: 3600, 3600.0, 3.6e3 or "3600".
// Anything else is taken for 0.
type looseInt int64

// UnmarshalJSON reads a number, or a text that holds one.
func (n *looseInt) UnmarshalJSON(b []byte) error {
	whole, ok := wholeNumber(strings.Trim(string(b), "\" \t"))
	if !ok {
		whole = 0
	}
	*n = looseInt(whole)
	return nil
}

// looseBool is true, or a text that says so; anything else is taken for false.
type looseBool bool

// UnmarshalJSON reads a truth value.
func (v *looseBool) UnmarshalJSON(b []byte) error {
	*v = looseBool(strings.EqualFold(strings.Trim(string(b), "\" \t"), "true"))
	return nil
}

// wholeNumber reads a number exactly and leaves out what follows its point: ticks are too
// large for a float. A number that no int64 holds is none.
func wholeNumber(text string) (int64, bool) {
	if len(text) > 64 || strings.ContainsAny(text, "/_xXpP") { // forms that JSON does not have
		return 0, false
	}
	if _, exponent, found := strings.Cut(strings.ToLower(text), "e"); found && len(strings.TrimLeft(exponent, "+-0")) > 2 {
		return 0, false
	}
	exact, ok := new(big.Rat).SetString(text)
	if !ok {
		return 0, false
	}
	whole := new(big.Int).Quo(exact.Num(), exact.Denom())
	return whole.Int64(), whole.IsInt64()
}

// isObject reports whether b is a JSON object.
func isObject(b []byte) bool {
	b = bytes.TrimSpace(b)
	return len(b) > 0 && b[0] == '{' && json.Valid(b)
}
