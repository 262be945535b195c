package web_test

import (
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// usage is a firm's use of the allowance.
type usage projections.Usage

func (u usage) Usage(domain.FirmID) projections.Usage { return projections.Usage(u) }

// wholeDay is a use of the allowance in each hour of a day.
func wholeDay() usage {
	u := usage{PerSecond: 5, LastMinute: 42, YoursLastMinute: 1, Since: noon.AddDate(0, 0, -9)}
	for i := range 24 {
		u.Hours = append(u.Hours, projections.HourCalls{From: noon.Truncate(time.Hour).Add(time.Duration(i-23) * time.Hour), Used: 100 + i, Yours: i})
	}
	return u
}

// The card shows how the allowance was used over the day, how much of it was the firm's, and since
// when that is counted.
func TestCardShowsTheAllowanceOverTheDay(t *testing.T) {
	private := wholeDay()
	private.Private = true
	for name, tt := range map[string]struct {
		usage usage
		want  []string
		lacks []string
	}{
		"since a start":   {usage(newEngine(t).Usage(firm)), []string{"9 are yours; all firms on CaseHug share it", "56 yours", "1,234 of all firms", "Counted by this engine since <time", "its start", `aria-label="Calls to Smokeball by the hour: 1,234 since 6:14 PM UTC, 56 of them yours. The most in one hour were 1,200, from 6 PM UTC."`}, []string{"In 24 hours"}},
		"a whole day":     {wholeDay(), []string{"1 is yours; all firms", "276 yours", "2,676 of all firms", "In 24 hours", "2,676 in 24 hours, 276 of them yours. The most in one hour were 123, from 8 PM UTC."}, []string{"its start"}},
		"nothing yet":     {usage{PerSecond: 5, Since: noon, Hours: []projections.HourCalls{{From: noon.Truncate(time.Hour)}}}, []string{"None is yours", "0 yours", "0 since 8:42 PM UTC, 0 of them yours."}, []string{"The most"}},
		"the firm's own":  {private, []string{"The app is your firm’s alone", "2,676 calls", "In 24 hours"}, []string{"all firms", "yours;"}},
		"another engine":  {usage{PerSecond: 5, Elsewhere: true}, []string{"Another engine of CaseHug’s makes the calls and counts them", "300 <span"}, []string{"None is yours", ">0 <span"}},
		"nothing counted": {usage{PerSecond: 5}, []string{"of 300 a minute"}, []string{"spark", "Counted by this engine"}},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEngine(t, func(c *web.Config) { c.Allowance = tt.usage }).connect().tell().told(t)
			e.call(t, call{path: "/integrations", cookie: "admin-token", html: true}).want(200).contains(tt.want...).lacks(tt.lacks...)
		})
	}
}

// The overview has the same figures as a chart and as a table.
func TestOverviewShowsTheAllowanceOverTheDay(t *testing.T) {
	private := wholeDay()
	private.Private = true
	for name, tt := range map[string]struct {
		usage usage
		want  []string
		lacks string
	}{
		"shared":  {wholeDay(), []string{"Calls to Smokeball per hour", "all firms 2,676", "yours 276", "42 in the last minute, 1 of them yours. All firms on CaseHug share 300 a minute. Counted by this engine.</p>", "<td>123</td><td>23</td>"}, "Counted since"},
		"started": {usage(newEngine(t).Usage(firm)), []string{"all firms 1,234", "yours 56", "Counted since this engine started."}, "2,676"},
		"private": {private, []string{"calls 2,676", "42 in the last minute of 300; the app is your firm’s alone."}, "All firms on"},
		"offline": {usage{PerSecond: 5}, []string{"Webhooks per hour"}, "Calls to Smokeball"},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEngine(t, func(c *web.Config) { c.Allowance = tt.usage }).connect().tell().told(t)
			e.call(t, call{path: "/overview", cookie: "user-token", html: true}).want(200).contains(tt.want...).lacks(tt.lacks)
		})
	}
}

// One connection has the calls by the hour; the list of all firms has them not, nor has a stream.
func TestOnlyOneConnectionHasTheHours(t *testing.T) {
	e := newEngine(t, func(c *web.Config) { c.Allowance = wholeDay() }).connect().tell().told(t)
	var got struct {
		Rate struct {
			Yours int `json:"yours_last_minute"`
			Day   struct {
				Since time.Time `json:"counted_since"`
				Hours []projections.HourCalls
			} `json:"last_24_hours"`
		} `json:"rate_limit"`
	}
	e.call(t, call{path: "/v1/firms/f_1/connection", token: "user-token"}).want(200).into(&got)
	if day := got.Rate.Day; got.Rate.Yours != 1 || len(day.Hours) != 24 || day.Hours[23].Used != 123 || day.Hours[23].Yours != 23 || !day.Since.Equal(noon.AddDate(0, 0, -9)) {
		t.Errorf("got %+v", got)
	}
	e.call(t, call{path: "/v1/operator/firms", header: map[string]string{"Authorization": "Operator " + operator}}).want(200).contains("yours_last_minute").lacks("last_24_hours")
	if _, first := e.stream(t, call{token: "user-token"}); !strings.Contains(first.data, "yours_last_minute") || strings.Contains(first.data, "last_24_hours") {
		t.Errorf("the stream begins with %s", first.data)
	}
}
