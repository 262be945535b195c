package auth

import (
	"net/url"
	"strings"
	"testing"
)

// Wherever next leads, a browser stays on this site.
func FuzzLocalPath(f *testing.F) {
	for _, seed := range []string{"/history?x=1#y", "//evil.example", `/\evil.example`, "/%2f/evil.example", "https://x", "/a//b", "\t/x", "/\r\n/x"} {
		f.Add(seed)
	}
	base, err := url.Parse("https://here.example/session")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, next string) {
		got := LocalPath(next)
		u, err := base.Parse(got)
		if err != nil || u.Host != "here.example" || u.Scheme != "https" || !strings.HasPrefix(got, "/") || strings.HasPrefix(got, "//") || strings.ContainsAny(got, "\\\r\n\t") {
			t.Errorf("next %q leads to %q", next, got)
		}
	})
}
