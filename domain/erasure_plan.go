package domain

import (
	"slices"
	"strings"
	"time"
)

// ErasePlan is what an erasure would destroy as the ledger is now, for those who decide about it.
type ErasePlan struct {
	Subject EraseSubject
	Matters []PlannedMatter
	Clients []PlannedClient
	Staying []PlannedClient // named by these matters; a matter that stays names them, too
	Backups []BackupTime    // that hold it, and are kept
}

// PlannedMatter is a matter that would be erased.
type PlannedMatter struct {
	ID          MatterID
	Title       string
	CaseNumber  string
	Smokeball   SmokeballID // its matter there, which stays
	Documents   int
	InSmokeball int // of the documents
	Cancelled   []SyncID
	Failing     []SyncID // at work: it fails, and makes no further call
	Erased      bool     // it was erased before
}

// PlannedClient is a client of such a matter.
type PlannedClient struct {
	ID   ClientID
	Name string
	With []MatterID // that stay, and name the client
}

// Planned is what an erasure would do to the matter.
func (m Matter) Planned(id MatterID) PlannedMatter {
	p := PlannedMatter{ID: id, Title: m.Data.Title, CaseNumber: m.Data.CaseNumber, Smokeball: m.Smokeball.ID, Documents: len(m.Documents), Erased: m.Erased}
	for _, d := range m.Documents {
		if d.File != "" && d.Removed == nil {
			p.InSmokeball++
		}
	}
	for _, e := range m.endSyncs("") {
		switch e := e.(type) {
		case SyncCancelled:
			p.Cancelled = append(p.Cancelled, e.Sync)
		case SyncFailed:
			p.Failing = append(p.Failing, e.Sync)
		}
	}
	return p
}

// Of reports whether a client of the plan, who goes or stays, has the id.
func (p ErasePlan) Of(id ClientID) (PlannedClient, bool) {
	for _, c := range slices.Concat(p.Clients, p.Staying) {
		if c.ID == id {
			return c, true
		}
	}
	return PlannedClient{}, false
}

// Digest tells two plans apart by whom they erase: who has read one of them has not agreed to another.
func (p ErasePlan) Digest() string {
	ids := []string{string(p.Subject.Matter), string(p.Subject.Client)}
	for _, m := range p.Matters {
		ids = append(ids, "m "+string(m.ID))
	}
	for _, c := range p.Clients {
		ids = append(ids, "c "+string(c.ID))
	}
	return shortHash(strings.Join(ids, "\n"))
}

// In returns the plan with the backups that would hold what is erased now.
func (p ErasePlan) In(b Backups, now time.Time) ErasePlan {
	p.Backups = b.Holding(now, now)
	return p
}
