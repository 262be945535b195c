package domain

import "strings"

// generation splits what tells a father from his son off the name: it stands in a part of its
// own, or as the last word of another part. "" is none.
func (n Name) generation() (without Name, generation string) {
	generation = generations[generationWord(n.Suffix)]
	n.Suffix = ""
	for _, part := range []*string{&n.Last, &n.Middle, &n.First} {
		fields := strings.Fields(Text(*part))
		last := len(fields) - 1
		if last < 0 || (last == 0 && part != &n.Middle) {
			continue // a word that stands alone is the name
		}
		if g := generations[generationWord(fields[last])]; g != "" {
			*part, generation = strings.TrimRight(strings.Join(fields[:last], " "), ","), g
		}
	}
	return n, generation
}

func generationWord(s string) string { return strings.Trim(Fold(s), ".,") }

// generations are the usual ways of writing them, folded. "I" and "V" are initials. It is only read.
var generations = map[string]string{
	"jr": "jr", "jnr": "jr", "junior": "jr", "sr": "sr", "snr": "sr", "senior": "sr",
	"ii": "2", "2nd": "2", "iii": "3", "3rd": "3", "iv": "4", "4th": "4",
}
