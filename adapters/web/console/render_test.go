package console

import (
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/wording"
)

// A page is parsed when it is first shown, so that the start does not tell of a fault in it.
func TestEveryPageCanBeParsed(t *testing.T) {
	all, err := ParseTemplates(time.Now)
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range all.pages {
		if _, err := page(); err != nil {
			t.Error(err)
		}
	}
}

// A moment within a sentence is shown as every other time is: in the reader's zone with a script,
// exact on hover. What somebody wrote into the sentence stays text.
func TestMomentsInSentencesAreTimes(t *testing.T) {
	at := time.Date(2026, 11, 24, 20, 42, 5, 0, time.UTC)
	message, remedy := wording.Failure(domain.Failure{Code: domain.CodeSmokeballUnavailable, Fault: domain.FaultOutage, About: &domain.About{Since: at, Until: at.Add(time.Minute)}})
	for text, want := range map[string]string{
		message:                                `Smokeball has not answered since <time datetime="2026-11-24T20:42:05Z" title="Nov 24, 2026, 8:42:05 PM UTC">8:42:05 PM</time>.`,
		remedy:                                 `We try again at <time datetime="2026-11-24T20:43:05Z" title="Nov 24, 2026, 8:43:05 PM UTC">8:43:05 PM</time>. Nothing to do.`,
		"<b>\"x\"</b> & 3:04:05 PM":            `&lt;b&gt;&#34;x&#34;&lt;/b&gt; &amp; 3:04:05 PM`,
		"at 3:04:05 PM UTC on Smarch 31, 2026": "at 3:04:05 PM UTC on Smarch 31, 2026",
	} {
		if got := string(localMoments(text, at)); got != want {
			t.Errorf("%q is shown as\n%s, want\n%s", text, got, want)
		}
	}
}
