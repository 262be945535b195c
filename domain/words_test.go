package domain_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/casehug/smokeball-sync/domain"
)

// TestWordsFindWhatTellsFinds: the search for many words finds what the search for each of them does.
func TestWordsFindWhatTellsFinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[am_. é"-]{0,12}`).Draw(t, "text")
		words := rapid.SliceOfN(rapid.StringMatching(`[am_.é-]{0,3}`), 0, 4).Draw(t, "words")
		if got, want := domain.WordsOf(words).In(text), domain.Tells(text, words); got != want {
			t.Errorf("%q has one of %q: %t, want %t", text, words, got, want)
		}
	})
}
