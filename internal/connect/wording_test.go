package connect_test

import (
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/wording"
)

// messageOf is the message that people read of a failure.
func messageOf(f domain.Failure) string {
	message, _ := wording.Failure(f)
	return message
}

// remedyOf is what people read of what to do about a failure.
func remedyOf(f domain.Failure) string {
	_, remedy := wording.Failure(f)
	return remedy
}
