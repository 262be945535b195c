package smokeball

import (
	"path"
	"strings"
	"unicode/utf16"
)

const (
	longestName      = 256 // characters of a file name, as .NET counts them (UTF-16 units)
	longestExtension = 32  // what is longer after the last dot is no extension
)

// FileName is name as Smokeball takes it: at most 256 characters; a longer one loses
// the end of its stem and keeps its extension.
func FileName(name string) string {
	name = strings.ToValidUTF8(name, "\uFFFD")
	if units(name) <= longestName {
		return name
	}
	extension := path.Ext(name)
	if units(extension) > longestExtension {
		extension = ""
	}
	stem := strings.TrimSuffix(name, extension)
	return strings.TrimRight(firstUnits(stem, longestName-units(extension)), " ") + extension
}

func units(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// firstUnits is the start of s, whole characters, at most n units long.
func firstUnits(s string, n int) string {
	for i, r := range s {
		if n -= utf16.RuneLen(r); n < 0 {
			return s[:i]
		}
	}
	return s
}
