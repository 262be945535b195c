package projections

import (
	"strconv"
	"sync"

	"github.com/casehug/smokeball-sync/domain"
)

// revisions count the batches that changed firms' rows since the views were opened. While a
// batch is written, nobody can tell whether rows that are read include it; its firms are
// unsteady then.
type revisions struct {
	mu       sync.Mutex
	replaced uint64 // how often all rows were replaced
	unsteady bool   // they are being replaced
	firms    map[domain.FirmID]*firmRevision
}

type firmRevision struct {
	batches uint64
	writing int
}

// begin marks the firms whose rows are about to be written; nil: all rows are replaced.
func (r *revisions) begin(firms map[domain.FirmID]struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if firms == nil {
		r.unsteady = true
	}
	for f := range firms {
		if r.firms == nil {
			r.firms = map[domain.FirmID]*firmRevision{}
		}
		if r.firms[f] == nil {
			r.firms[f] = &firmRevision{}
		}
		r.firms[f].writing++
	}
}

// end says that what begin announced is written.
func (r *revisions) end(firms map[domain.FirmID]struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if firms == nil {
		r.replaced, r.unsteady = r.replaced+1, false
	}
	for f := range firms {
		r.firms[f].writing--
		r.firms[f].batches++
	}
}

// Revision stands for the firm's rows as they are now. As long as it stays the same, they have
// not changed; revisions of different processes can't be compared. steady is false while rows of the
// firm are being written: what is read then may be from before or after.
func (v ChangedRows) Revision(firm domain.FirmID) (revision string, steady bool) {
	r := v.revisions
	r.mu.Lock()
	defer r.mu.Unlock()
	var of firmRevision
	if known := r.firms[firm]; known != nil {
		of = *known
	}
	return strconv.FormatUint(r.replaced, 36) + "." + strconv.FormatUint(of.batches, 36), of.writing == 0 && !r.unsteady
}
