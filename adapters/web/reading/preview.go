package reading

import (
	"encoding/json"
	"math"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/wording"
)

// PreviewBody is what a sync would send.
type PreviewBody struct {
	Calls     []PlannedCallBody     `json:"calls" doc:"In their order. What does not exist yet has an id such as new-contact-1."`
	Documents []PlannedDocumentBody `json:"documents" doc:"Whose bytes would be sent."`
	Warnings  []PreviewWarning      `json:"warnings" doc:"What the sync would wait for or fail at, then what it would warn of."`
	Estimate  EstimateBody          `json:"estimate"`
	Outcome   domain.Status         `json:"outcome" enum:"succeeded,skipped,waiting,failed" doc:"How the sync would end; skipped: Smokeball has everything already."`
	Type      string                `json:"matter_type" doc:"That the sync would choose; empty: none."`
	Links     *domain.SmokeballID   `json:"links" doc:"The Smokeball matter that the sync would link; null: none."`
}

// PlannedCallBody is a call of Smokeball's API.
type PlannedCallBody struct {
	Method string          `json:"method"`
	Path   string          `json:"path"`
	Body   json.RawMessage `json:"body" doc:"null: the call has none."`
	Why    string          `json:"why"`
}

// PlannedDocumentBody is a document that would be sent.
type PlannedDocumentBody struct {
	ID       domain.DocumentID `json:"document_id"`
	FileName string            `json:"file_name"`
	Size     *int64            `json:"size_bytes"`
}

// PreviewWarning is something that a person should know before the sync.
type PreviewWarning struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Remedy  string `json:"remedy" doc:"Empty: nothing has to be done."`
}

// EstimateBody is what something takes of Smokeball's allowance.
type EstimateBody struct {
	Calls   int     `json:"calls"`
	Seconds float64 `json:"seconds" doc:"With the whole allowance to itself."`
}

// PreviewOf is the preview in the form of the outside contract. rate is the allowance in calls a second.
func PreviewOf(p domain.Preview, rate float64) PreviewBody {
	b := PreviewBody{Calls: []PlannedCallBody{}, Documents: []PlannedDocumentBody{}, Warnings: []PreviewWarning{}, Outcome: p.Ends, Type: p.Type,
		Links: Known(p.Linked), Estimate: EstimateBody{Calls: len(p.Calls), Seconds: secondsFor(len(p.Calls), rate)}}
	for _, c := range p.Calls {
		b.Calls = append(b.Calls, PlannedCallBody{c.Method, c.Path, c.Body, wording.Call(c.Op)})
	}
	for _, d := range p.Documents {
		b.Documents = append(b.Documents, PlannedDocumentBody{d.ID, d.FileName, d.SizeBytes})
	}
	for _, f := range p.Lacks {
		message, remedy := wording.Failure(f)
		b.Warnings = append(b.Warnings, PreviewWarning{string(f.Code), message, remedy})
	}
	for _, w := range p.Warnings {
		b.Warnings = append(b.Warnings, PreviewWarning{Code: string(w.Code), Message: wording.Warning(w)})
	}
	return b
}

// secondsFor is how long calls take at a rate, to a tenth.
func secondsFor(calls int, rate float64) float64 {
	if rate <= 0 {
		return 0
	}
	return math.Round(float64(calls)/rate*10) / 10
}
