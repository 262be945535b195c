package domain_test

import (
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

// TestAPreviewSaysOnceWhatASyncLacks: of a document that failed its sync says the same.
func TestAPreviewSaysOnceWhatASyncLacks(t *testing.T) {
	big := domain.Failure{Code: "document_too_large", About: &domain.About{Value: "d_9"}}
	same := domain.Failure{Code: "document_too_large", About: &domain.About{Value: "d_9"}}
	p := domain.PreviewOf(list(domain.DocumentFailed{Document: docA, Failure: big}, domain.SyncFailed{Failure: same}), nil)
	if len(p.Lacks) != 1 || p.Ends != domain.Failed {
		t.Errorf("it lacks %+v and ends %s", p.Lacks, p.Ends)
	}
	p = domain.PreviewOf(list(domain.DocumentFailed{Document: docA, Failure: big}, domain.SyncDeferred{Failure: domain.Failure{Code: domain.CodeNotConnected}}), nil)
	if len(p.Lacks) != 2 || p.Ends != domain.Waiting {
		t.Errorf("it lacks %+v and ends %s", p.Lacks, p.Ends)
	}
}

// TestAPreviewTellsWhatItWouldSend: the documents as CaseHug has them, and the calls that write.
func TestAPreviewTellsWhatItWouldSend(t *testing.T) {
	calls := []domain.PlannedCall{{Op: "read matter", Method: "GET"}, {Op: "read types", Method: "GET"}, {Op: "read contacts", Method: "POST"}, {Op: "create matter", Method: "POST"}, {Op: "update matter", Method: "PATCH"}}
	p := domain.PreviewOf(list(domain.DocumentUploaded{Document: docA, FileName: "x"}, domain.DocumentUploaded{Document: "d_10", FileName: "y"}), calls)
	p = p.Of(given[domain.Matter](created(1), approved(3, retainer())))
	if len(p.Documents) != 2 || p.Documents[0] != retainer() || p.Documents[1].FileName != "y" {
		t.Errorf("it would send %+v", p.Documents)
	}
	if p.Writes() != 2 {
		t.Errorf("%d calls write, want 2", p.Writes())
	}
}
