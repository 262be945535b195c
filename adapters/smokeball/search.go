package smokeball

import "strings"

// term is one search term of Smokeball's, such as email:x@y.z. Smokeball reads
// comparison signs after the colon and knows no escape for them; here they become a
// wildcard, which finds more, never less. What is found must be compared.
func term(field, value string) string {
	value = strings.TrimSpace(value)
	if plain := strings.TrimLeft(value, ":!<>="); plain != value {
		value = "*" + plain
	}
	for strings.Contains(value, "**") {
		value = strings.ReplaceAll(value, "**", "*")
	}
	return field + ":" + value
}
