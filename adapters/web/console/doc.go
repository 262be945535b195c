// Package console shows a firm's people what the engine does: one type per page with its
// forms, the templates, and the words and badges in them.
//
// Every page works without script and loads nothing from another site; every error is a
// page that leads on.
package console
