package main

import (
	"fmt"
	"strings"

	"github.com/casehug/smokeball-sync/domain"
)

// A small practice: six matters, five clients (one of them with two matters), eight
// documents. All people are made up.

func person(id domain.ClientID, first, last string) domain.ClientData {
	return domain.ClientData{ID: id, Version: 1, FirstName: first, LastName: last,
		Email: strings.ToLower(first + "." + last + "@example.com"), Phone: "+1 312 555 01" + string(id[len(id)-2:])}
}

func practice() []domain.MatterData {
	rivera := person("c_77", "Maria", "Rivera")
	lakeview := domain.ClientData{ID: "c_81", Version: 1, CompanyName: "Lakeview Dental Group", Email: "office@lakeview.example", Phone: "+1 312 555 0181"}
	return []domain.MatterData{
		intake("m_1001", "CH-2026-0142", "Rivera v. Apex Freight", "Auto Accident", "Personal Injury", rivera),
		intake("m_1002", "CH-2026-0143", "Rivera – estate plan", "Will", "Estate Planning", rivera),
		intake("m_1003", "CH-2026-0144", "Ortiz – workers’ compensation", "Workers Compensation", "Personal Injury", person("c_78", "Samuel", "Ortiz")),
		intake("m_1004", "CH-2026-0145", "Becker v. Becker", "Divorce", "Family Law", person("c_79", "Thomas", "Becker")),
		intake("m_1005", "CH-2026-0146", "Lakeview Dental – office lease", "Commercial Lease", "Real Estate", lakeview),
		intake("m_1006", "CH-2026-0147", "Cho v. Northline Transit", "Pedestrian Mishap", "Personal Injury", person("c_80", "Daniel", "Cho")),
	}
}

func intake(id domain.MatterID, number, title, kind, area string, c domain.ClientData) domain.MatterData {
	return domain.MatterData{ID: id, Version: 1, Title: title, CaseNumber: number, CaseType: kind, PracticeArea: area, Jurisdiction: "IL", Status: "active", Client: c}
}

// paper is a document of the practice.
type paper struct {
	id     domain.DocumentID
	matter domain.MatterID
	name   string
	pages  int
}

func papers() []paper {
	return []paper{
		{"d_1", "m_1001", "Signed retainer.pdf", 3},
		{"d_2", "m_1001", "Police report.pdf", 12},
		{"d_3", "m_1001", "Medical authorization.pdf", 2},
		{"d_4", "m_1002", "Will questionnaire.pdf", 6},
		{"d_5", "m_1003", "Accident report.pdf", 4},
		{"d_6", "m_1003", "Wage statement.pdf", 1},
		{"d_7", "m_1005", "Lease.pdf", 40},
		{"d_8", "m_1006", "Signed retainer.pdf", 3},
	}
}

// bytes are the document's content: a plain PDF page's text, repeated.
func (p paper) bytes() []byte {
	page := fmt.Sprintf("%% %s, for matter %s\n%s\n", p.name, p.matter, strings.Repeat("Lorem ipsum dolor sit amet. ", 60))
	return []byte("%PDF-1.4\n" + strings.Repeat(page, p.pages) + "%%EOF\n")
}
