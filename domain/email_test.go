package domain_test

import (
	"strings"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

func TestValidEmail(t *testing.T) {
	for _, s := range []string{"maria@example.com", " Maria@Example.COM ", "m.o'brien+case@mail.example.co.uk", "pair@x.example", "jörg@müller.example",
		"n.a@lopez.example", "noelle@mail.example", "nora@none.example", "a@1.2.de", "x@xn--e1afmkfd.xn--p1ai", "test2@x.example"} {
		if !domain.ValidEmail(s) {
			t.Errorf("%q is not taken for an e-mail address", s)
		}
	}
	for _, s := range []string{"", " ", "n/a", "none", "maria", "@example.com", "maria@", "maria@localhost", "maria@@example.com", "maria@example.com, ana@example.com",
		"Maria <maria@example.com>", "ma ria@example.com", "maria@example..com", "maria@-x.com", "maria@1.2.3.4", "maria.@example.com", ".m@example.com", "maria@exa_mple.com",
		"noemail@noemail.example", "NoEmail@x.example", "no-email@x.example", "no.email2@x.example", "none@none.com", "na@na.com", "maria@noemail.com",
		"noreply@x.example", "unknown@unknown.com"} {
		if domain.ValidEmail(s) {
			t.Errorf("%q is taken for an e-mail address", s)
		}
	}
}

func TestTheLongestEmail(t *testing.T) {
	for n, want := range map[int]bool{253: true, 254: false} {
		if got := domain.ValidEmail(strings.Repeat("a", n-len("x.example")) + "@x.example"); got != want {
			t.Errorf("with %d characters beside its @ it is valid: %v", n, got)
		}
	}
}
