// Package practice is an invented small law practice and a few days of its work: six matters,
// five clients (one of them with two matters), eight documents, and the events that CaseHug
// publishes about them. A Stage runs it: the demo on a bus, tests under faults. Wanted is the
// expected result in Smokeball.
package practice

import (
	"fmt"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// The matters that the story treats specially.
const (
	Closing  domain.MatterID = "m_1002" // CaseHug closes it at the end
	ByHand   domain.MatterID = "m_1004" // has no documents, so a person starts its sync
	Unmapped domain.MatterID = "m_1006" // Smokeball has no type for its case type at first
)

func person(id domain.ClientID, first, last string) domain.ClientData {
	return domain.ClientData{ID: id, Version: 1, FirstName: first, LastName: last,
		Email: strings.ToLower(first + "." + last + "@example.com"), Phone: "+1 312 555 01" + string(id[len(id)-2:])}
}

// Matters are the practice's matters as CaseHug creates them.
func Matters() []domain.MatterData {
	rivera := person("c_77", "Maria", "Rivera")
	lakeview := domain.ClientData{ID: "c_81", Version: 1, CompanyName: "Lakeview Dental Group", Email: "office@lakeview.example", Phone: "+1 312 555 0181"}
	return []domain.MatterData{
		intake("m_1001", "CH-2026-0142", "Rivera v. Apex Freight", "Auto Accident", "Personal Injury", rivera),
		intake(Closing, "CH-2026-0143", "Rivera – estate plan", "Will", "Estate Planning", rivera),
		intake("m_1003", "CH-2026-0144", "Ortiz – workers’ compensation", "Workers Compensation", "Personal Injury", person("c_78", "Samuel", "Ortiz")),
		intake(ByHand, "CH-2026-0145", "Becker v. Becker", "Divorce", "Family Law", person("c_79", "Thomas", "Becker")),
		intake("m_1005", "CH-2026-0146", "Lakeview Dental – office lease", "Commercial Lease", "Real Estate", lakeview),
		intake(Unmapped, "CH-2026-0147", "Cho v. Northline Transit", "Pedestrian Mishap", "Personal Injury", person("c_80", "Daniel", "Cho")),
	}
}

func intake(id domain.MatterID, number, title, kind, area string, c domain.ClientData) domain.MatterData {
	return domain.MatterData{ID: id, Version: 1, Title: title, CaseNumber: number, CaseType: kind, PracticeArea: area, Jurisdiction: "IL", Status: "active", Client: c}
}

func matter(id domain.MatterID) (found domain.MatterData) {
	for _, m := range Matters() {
		if m.ID == id {
			found = m
		}
	}
	return found
}

// Corrected is the unmapped matter with a case type that Smokeball has.
func Corrected() domain.MatterData {
	m := matter(Unmapped)
	m.Version, m.CaseType = 2, "Auto Accident"
	return m
}

// Closed is the closed version of the matter that CaseHug closes.
func Closed() domain.MatterData {
	m := matter(Closing)
	at := time.Date(2026, 11, 20, 17, 0, 0, 0, time.UTC)
	m.Version, m.Status, m.ClosedAt = 2, "closed", &at
	return m
}

// Paper is a document of the practice.
type Paper struct {
	ID     domain.DocumentID
	Matter domain.MatterID
	Name   string
	pages  int
}

// DocumentsOf are the practice's documents.
func DocumentsOf() []Paper {
	return []Paper{
		{"d_1", "m_1001", "Signed retainer.pdf", 3},
		{"d_2", "m_1001", "Police report.pdf", 12},
		{"d_3", "m_1001", "Medical authorization.pdf", 2},
		{"d_4", Closing, "Will questionnaire.pdf", 6},
		{"d_5", "m_1003", "Accident report.pdf", 4},
		{"d_6", "m_1003", "Wage statement.pdf", 1},
		{"d_7", "m_1005", "Lease.pdf", 40},
		{"d_8", Unmapped, "Signed retainer.pdf", 3},
	}
}

// Bytes are the document's content: a plain PDF page's text, repeated.
func (p Paper) Bytes() []byte {
	page := fmt.Sprintf("%% %s, for matter %s\n%s\n", p.Name, p.Matter, strings.Repeat("Lorem ipsum dolor sit amet. ", 60))
	return []byte("%PDF-1.4\n" + strings.Repeat(page, p.pages) + "%%EOF\n")
}

// Tally counts the practice's resources in Smokeball.
type Tally struct{ Matters, Contacts, Files int }

// Wanted counts the practice's resources in Smokeball when the story is over.
func Wanted() Tally { return Tally{len(Matters()), len(Emails()), len(DocumentsOf())} }

// Emails are the addresses of the practice's clients.
func Emails() map[string]bool {
	emails := map[string]bool{}
	for _, m := range Matters() {
		emails[m.Client.Email] = true
	}
	return emails
}
