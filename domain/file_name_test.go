package domain_test

import (
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

func TestFileName(t *testing.T) {
	for _, c := range []struct{ name, contentType, want string }{
		{"Signed retainer.pdf", "application/pdf", "Signed retainer.pdf"},
		{"Signed retainer", "application/pdf", "Signed retainer.pdf"},
		{"Rivera v. Apex", "application/pdf; charset=x", "Rivera v. Apex.pdf"},
		{"report.pdf ", "", "report.pdf"},
		{"report.pdf...", "", "report.pdf"},
		{"report .pdf", "", "report.pdf"},
		{"re\x00port.pdf", "", "report.pdf"},
		{"a/b\\c:d*e?.pdf", "", "a_b_c_d_e_.pdf"},
		{"line\nbreak.pdf", "", "line break.pdf"},
		{"re\u202efdp.exe", "", "refdp.exe"},
		{"CON.pdf", "", "_CON.pdf"}, {"lpt1.tar.gz", "", "_lpt1.tar.gz"}, {"Contract.pdf", "", "Contract.pdf"}, {"nul", "text/plain", "_nul.txt"},
		{"1.pdf", "", "1.pdf"}, {"COM.pdf", "", "COM.pdf"}, {"COM0.pdf", "", "COM0.pdf"}, {"COM12.pdf", "", "COM12.pdf"},
		{"notes.markdowns", "application/pdf", "notes.markdowns"}, {"notes.textbundle", "application/pdf", "notes.textbundle.pdf"},
		{".pdf", "application/pdf", "_.pdf"},
		{"...", "application/pdf", "_.pdf"},
		{"photo", "image/unheard-of", "photo.bin"},
		{"V\u0065\u0301rite\u0301.docx", "", "V\u00e9rit\u00e9.docx"},
	} {
		got := domain.FileName(c.name, c.contentType)
		if got != c.want || domain.FileName(got, c.contentType) != got {
			t.Errorf("%q of %s is sent as %q, want %q", c.name, c.contentType, got, c.want)
		}
	}
}
