package console

import (
	"strings"

	"github.com/casehug/smokeball-sync/domain"
)

// waitsFor is what a sync waits for, in about three words.
func waitsFor(c domain.Code) string {
	switch c {
	case domain.CodeNotConnected:
		return "for a connection"
	case domain.CodeReauthorizationRequired:
		return "for a sign-in"
	case domain.CodeMatterUnknown:
		return "for the matter"
	case domain.CodeMatterTypeUnmapped:
		return "for a mapping"
	case domain.CodeDocumentUnavailable:
		return "for a document"
	case domain.CodeSmokeballUnavailable:
		return "for Smokeball"
	case domain.CodeAllowanceExceeded:
		return "for allowance"
	case domain.CodeMisconfigured:
		return "for CaseHug’s operators"
	case domain.CodeNotConfirmed:
		return "for a confirmation"
	case domain.CodeMatterUnlinked:
		return "for a decision"
	case domain.CodeInternal:
		return "for another try"
	}
	return "for " + strings.ReplaceAll(string(c), "_", " ")
}

// failedBy is why a sync failed, in about three words.
func failedBy(c domain.Code) string {
	switch c {
	case domain.CodeDocumentUnavailable:
		return "document not readable"
	case domain.CodeDocumentMismatch:
		return "document changed"
	case domain.CodeSmokeballRefused:
		return "refused by Smokeball"
	case domain.CodeSmokeballUnavailable:
		return "Smokeball not answering"
	case domain.CodeMatterGone:
		return "deleted in Smokeball"
	case domain.CodeMatterUnlinked:
		return "unlinked by hand"
	case domain.CodeContactShared:
		return "contact is shared"
	case domain.CodeContactGone:
		return "contact is gone"
	case domain.CodeInternal:
		return "fault in CaseHug"
	}
	return strings.ReplaceAll(string(c), "_", " ")
}

// reason is why a sync of that status waits or failed, in about three words; "" for others.
func reason(s *domain.Status, code domain.Code) string {
	switch {
	case s == nil:
		return ""
	case *s == domain.Waiting:
		return waitsFor(code)
	case *s == domain.Failed:
		return failedBy(code)
	}
	return ""
}
