package casehug

import "github.com/casehug/smokeball-sync/domain"

// Identity is what a message tells of itself, valid or not, as far as it does: the firm
// of its subject, its source and id, and its type. Whatever is missing is empty.
func Identity(subject string, header map[string]string, body []byte) (domain.FirmID, domain.EventRef, string) {
	env, _ := unwrap(header, body) // what is wrong is Decode's to say
	if IsWebhook(subject) {
		return WebhookFirm(subject), env.origin(), env.typeName()
	}
	to, _ := parseSubject(subject)
	return to.firm, env.origin(), env.typeName()
}
