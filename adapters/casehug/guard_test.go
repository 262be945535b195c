package casehug_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/adapters/casehug"
	"github.com/casehug/smokeball-sync/domain"
)

// TestAPrivateNameIsRefusedLikeAnUnknownOne tells that the answer to an address does not
// show which names our network knows.
func TestAPrivateNameIsRefusedLikeAnUnknownOne(t *testing.T) {
	docs := casehug.NewDocuments(casehug.Options{})
	refusal := func(host string) domain.Failure {
		t.Helper()
		_, err := docs.Open(t.Context(), "f_1", at("https://"+host+"/d"))
		return unavailable(t, err, domain.Permanent, "no public host").Failure
	}
	private, unknown := refusal("localhost"), refusal(strings.Repeat("a", 64)+".example") // no name has so long a part
	if !reflect.DeepEqual(private, unknown) {
		t.Errorf("a private name is refused with %+v, an unknown one with %+v", private, unknown)
	}
}

// TestPublicHostsAreAskedAtThePortOfHTTPS tells that documents' addresses can't be used to
// look for open ports.
func TestPublicHostsAreAskedAtThePortOfHTTPS(t *testing.T) {
	docs := casehug.NewDocuments(casehug.Options{})
	for _, address := range []string{"https://192.0.43.8:22/d", "https://192.0.43.8:8443/d", "https://[2a00:1450::1]:25/d"} {
		_, err := docs.Open(t.Context(), "f_1", at(address))
		unavailable(t, err, domain.Permanent, "a port other than 443")
	}
}
