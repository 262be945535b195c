package domain

import (
	"reflect"
	"slices"
)

// Preview is what a sync would do.
type Preview struct {
	Calls     []PlannedCall
	Documents []DocumentData // whose bytes would be sent
	Warnings  []Warning
	// Lacks says why the sync would wait or fail, and whose document would; nil: it would not.
	Lacks  []Failure
	Ends   Status      // how the sync would end, or Waiting
	Linked SmokeballID // the matter in Smokeball that it would link; "": none
	How    Linking     // that it would link it by
	Type   string      // the matter type that it would choose; "": none
}

// PreviewOf tells of a sync by the facts that it would record in the matter's stream and by
// the calls that it would make.
func PreviewOf(facts []Event, calls []PlannedCall) Preview {
	p := Preview{Calls: calls}
	for _, e := range facts {
		switch e := e.(type) {
		case MatterTypeResolved:
			p.Type, p.Warnings = e.TypeName, warn(p.Warnings, e.Warning)
		case ContactResolved:
			p.Warnings = warn(p.Warnings, e.Warning)
		case SyncWarned:
			p.Warnings = warn(p.Warnings, &e.Warning)
		case MatterLinked:
			p.Linked, p.How = e.Matter, e.How
		case DocumentUploaded:
			p.Documents = append(p.Documents, DocumentData{ID: e.Document, FileName: e.FileName})
		case DocumentFailed:
			p = p.lacks(e.Failure)
		default:
			p = p.end(e)
		}
	}
	return p
}

// end notes how a sync would end. Of several it is the last one.
func (p Preview) end(e Event) Preview {
	switch e := e.(type) {
	case SyncDeferred:
		p = p.lacks(e.Failure)
		p.Ends = Waiting
	case SyncFailed:
		p = p.lacks(e.Failure)
		p.Ends = Failed
	case SyncSucceeded:
		p.Ends = Succeeded
	case SyncSkipped:
		p.Ends = Skipped
	}
	return p
}

// lacks notes a failure once: of a document that failed the sync says the same.
func (p Preview) lacks(f Failure) Preview {
	if !slices.ContainsFunc(p.Lacks, func(k Failure) bool { return reflect.DeepEqual(k, f) }) {
		p.Lacks = append(p.Lacks, f)
	}
	return p
}

// Of is the preview with what the matter says of the documents.
func (p Preview) Of(m Matter) Preview {
	for i, d := range p.Documents {
		if known, ok := m.Document(d.ID); ok {
			p.Documents[i] = known.Data
		}
	}
	return p
}

// Writes are the calls that change something in Smokeball.
func (p Preview) Writes() (n int) {
	for _, c := range p.Calls {
		if c.Writes() {
			n++
		}
	}
	return n
}

// Writes reports whether the call changes something in Smokeball.
func (c PlannedCall) Writes() bool { return c.Method != "GET" && c.Op != "read contacts" }
