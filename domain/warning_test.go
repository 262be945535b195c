package domain_test

import (
	"encoding/json"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

// TestAWarningIsStoredWithoutItsSentence holds the form that new facts have: a code and what it
// is about.
func TestAWarningIsStoredWithoutItsSentence(t *testing.T) {
	cause := &domain.Failure{Code: domain.CodeSmokeballRefused, Message: "No"}
	for want, w := range map[string]domain.Warning{
		`{"code":"opened_date_kept"}`: {Code: domain.WarnOpenedKept},
		`{"code":"contact_differs","about":{"client":"c_77","contact":"` + string(sbC) + `","fields":["phone number"]}}`: {
			Code: domain.WarnContactDiffers, About: &domain.About{Client: "c_77", Contact: sbC, Fields: []string{"phone number"}}},
		`{"code":"matter_differs","about":{"name":"N-1","values":[{"field":"status","value":"Open"},{"field":"clients"}]}}`: {
			Code: domain.WarnMatterDiffers, About: &domain.About{Name: "N-1", Values: []domain.FieldValue{{Field: "status", Value: "Open"}, {Field: "clients"}}}},
		`{"code":"file_not_renamed","about":{"file":"b.pdf","was":"a.pdf","why":"deleted"}}`: {
			Code: domain.WarnFileNotRenamed, About: &domain.About{File: "b.pdf", Was: "a.pdf", Why: domain.WhyDeleted}},
		`{"code":"tags_refused","about":{"fields":["vip"],"cause":{"code":"smokeball_refused","message":"No"}}}`: {
			Code: domain.WarnTagsRefused, About: &domain.About{Fields: []string{"vip"}, Cause: cause}},
	} {
		data, err := json.Marshal(w)
		if err != nil || string(data) != want {
			t.Errorf("it is stored as %s, %v; want %s", data, err, want)
		}
		var back domain.Warning
		if err := json.Unmarshal(data, &back); err != nil || !back.Is(w) || !domain.WarnedOf([]domain.Warning{{}, back}, w) {
			t.Errorf("%s is read as %+v, %v", data, back, err)
		}
	}
}
