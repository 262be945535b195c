package api

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/casehug/smokeball-sync/adapters/web/reading"
	"github.com/casehug/smokeball-sync/domain"
)

type reportInput struct {
	Reading
	ID     string `path:"id" doc:"The bulk sync's id."`
	Accept string `header:"Accept"`
	Format string `query:"format" enum:"json,csv" doc:"Instead of Accept, for links."`
}

// reportAnswer is a report in one of its forms.
type reportAnswer struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

// reportBody is a report for programs.
type reportBody struct {
	reading.BulkBody
	Items []reading.ReportLine `json:"items"`
}

// ReportForms describes the forms of a report.
func ReportForms(a *API, op *huma.Operation) {
	schema := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[reportBody](), true, "")
	op.Responses["200"] = &huma.Response{Description: "What came of each matter", Content: map[string]*huma.MediaType{
		"application/json": {Schema: schema}, "text/csv": {Schema: &huma.Schema{Type: huma.TypeString}}}}
}

// Report tells what came of each matter.
func (b Bulks) Report(ctx context.Context, in *reportInput) (*reportAnswer, error) {
	row, err := reading.BulkOf(b.Rows, in.firm(), domain.BulkID(in.ID))
	if err != nil {
		return nil, err
	}
	whole, err := b.Bulks.WholeBulk(ctx, in.firm(), row.ID)
	if err != nil {
		return nil, err
	}
	lines, err := reading.BulkReport(whole, b.Matters, b.History, in.firm())
	if err != nil {
		return nil, err
	}
	if in.Format == "csv" || (in.Format == "" && strings.Contains(in.Accept, "text/csv")) {
		text, err := reportCSV(lines)
		return &reportAnswer{"text/csv; charset=utf-8", `attachment; filename="` + in.ID + `.csv"`, text}, err
	}
	text, err := json.Marshal(reportBody{b.body(row), lines})
	return &reportAnswer{ContentType: "application/json", Body: text}, err
}

// reportCSV is a report for spreadsheets.
func reportCSV(lines []reading.ReportLine) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	records := [][]string{{"matter_id", "case_number", "outcome", "status", "sync_id", "code", "message", "remedy", "linked", "candidates", "calls_estimated"}}
	for _, l := range lines {
		sync := ""
		if l.Sync != nil {
			sync = string(*l.Sync)
		}
		candidates := make([]string, len(l.Candidates))
		for i, c := range l.Candidates {
			candidates[i] = string(c)
		}
		records = append(records, []string{string(l.Matter), harmless(l.CaseNumber), string(l.Outcome), string(l.Status), sync, l.Code, harmless(l.Message), harmless(l.Remedy),
			strconv.FormatBool(l.Linked), strings.Join(candidates, " "), strconv.Itoa(l.Calls)})
	}
	err := w.WriteAll(records)
	return b.Bytes(), err
}

// harmless is a text that no spreadsheet takes for a formula.
func harmless(s string) string {
	if s != "" && strings.ContainsAny(s[:1], "=+-@\t\r") {
		return "'" + s
	}
	return s
}
