package domain

import (
	"strings"
	"unicode"
)

// ValidEmail reports whether s is an e-mail address that can be somebody's. "n/a" is none, nor
// is what people type where an address is asked for and there is none, such as noemail@noemail.com.
func ValidEmail(s string) bool {
	local, host, ok := strings.Cut(Text(s), "@")
	if !ok || local == "" || len(local)+len(host) > 253 || strings.ContainsFunc(local+host, notInAddress) {
		return false
	}
	return isHost(host) && !strings.HasPrefix(local, ".") && !strings.HasSuffix(local, ".") && !isPlaceholder(local, host)
}

func notInAddress(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(`@,;:<>()[]"\`, r)
}

// isHost reports whether s has the form of a domain on the internet.
func isHost(s string) bool {
	labels := strings.Split(s, ".")
	for _, l := range labels {
		if l == "" || strings.HasPrefix(l, "-") || strings.HasSuffix(l, "-") || strings.ContainsFunc(l, notInHost) {
			return false
		}
	}
	last := labels[len(labels)-1]
	return len(labels) > 1 && strings.ContainsFunc(last, func(r rune) bool { return !unicode.IsDigit(r) })
}

func notInHost(r rune) bool {
	return r != '-' && !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r)
}

// isPlaceholder reports whether the address only says that there is none.
func isPlaceholder(local, host string) bool {
	labels := strings.Split(host, ".")
	user, domain := placeholderWord(local), placeholderWord(labels[len(labels)-2])
	switch user {
	case "noemail", "noemailaddress", "noemailprovided", "nomail", "noaddress", "none", "unknown", "notprovided", "notavailable",
		"notapplicable", "nobody", "null", "noreply", "donotreply", "declined", "refused":
		return true
	case "na", "no", "x", "xx", "xxx":
		return user == domain
	}
	return domain == "noemail" || domain == "nomail" || domain == "noaddress"
}

var unmarked = strings.NewReplacer(".", "", "-", "", "_", "", "+", "")

// placeholderWord is s without signs and without the digits at its end.
func placeholderWord(s string) string {
	word := unmarked.Replace(Fold(s))
	return strings.TrimRightFunc(word, unicode.IsDigit)
}
