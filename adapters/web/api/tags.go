package api

import (
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// tags group the operations in the OpenAPI document.
func tags() []*huma.Tag {
	return []*huma.Tag{
		{Name: "connection", Description: "A firm's link to its Smokeball account."},
		{Name: "settings", Description: "What is synced by itself, and what case types become."},
		{Name: "matters", Description: "Matters on both sides, their syncs and links."},
		{Name: "history", Description: "The log of syncs, and changes as they happen."},
		{Name: "webhooks", Description: "How Smokeball reports changes."},
		{Name: "events", Description: "Events of CaseHug over HTTP, and those that could not be taken in."},
		{Name: "audit", Description: "What people did and were refused."},
		{Name: "sign-in", Description: "How CaseHug signs people in to the console."},
		{Name: "health", Description: "What machines watch."},
		{Name: "descriptions", Description: "What the engine says of itself."},
		{Name: "operator", Description: "For operators, on the engine's own machine."},
	}
}

// tagOf is the group of the operations at a path.
func tagOf(path string) string {
	rest := strings.TrimPrefix(strings.TrimPrefix(path, "/v1"), "/firms/{firm}")
	switch thing, _, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/"); thing {
	case "connection", "webhooks", "audit", "operator":
		return thing
	case "settings", "case-type-mappings":
		return "settings"
	case "sync-history", "stream":
		return "history"
	case "events", "dead-letters":
		return "events"
	}
	return "matters"
}
