package casehug

import "github.com/casehug/smokeball-sync/domain"

// Identity is what an event tells of itself, valid or not, as far as it does: the firm
// of its subject, its source and id, and its type. Whatever is missing is empty.
func Identity(subject string, header map[string]string, body []byte) (domain.FirmID, domain.EventRef, string) {
	to, _ := parseSubject(subject) // what is wrong is Decode's to say
	env, _ := unwrap(header, body)
	return to.firm, env.origin(), env.typeName()
}
