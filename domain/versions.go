package domain

import "fmt"

// LongestVersionLeap is how far a version may be above the one that is known. Versions grow
// by one with each change; one that is far beyond would make all genuine ones outdated.
const LongestVersionLeap = 1000

// leaps reports whether a version is too far above the known one. After version 0 the
// sender has just begun to count, or a firm admin let any version count.
func leaps(known, told int) bool { return known > 0 && told > known+LongestVersionLeap }

func (c Client) leaps(d ClientData) bool { return c.Known && leaps(c.Data.Version, d.Version) }

// CheckVersion refuses an event whose version is too far above the known one: the error is
// *Unprocessable. It never refuses an event that was accepted before.
func (m Announced) CheckVersion(e CaseHugEvent) error {
	if e.Matter == nil || !m.Known || m.seen.has(e.Origin) || !leaps(m.Data.Version, e.Matter.Version) {
		return nil
	}
	return versionLeap("matter", e.Matter.Version, m.Data.Version)
}

// CheckVersion refuses an event whose version is too far above the known one: the error is
// *Unprocessable.
func (c Client) CheckVersion(e CaseHugEvent) error {
	if e.Client == nil || c.seen.has(e.Origin) || !c.leaps(*e.Client) {
		return nil
	}
	return versionLeap("client", e.Client.Version, c.Data.Version)
}

// CheckPersonsVersion refuses what a person says of a matter where its version is too far
// above the known one, also where none is known: it would make all that CaseHug's services
// say later outdated. The error is *Unprocessable.
func (m Announced) CheckPersonsVersion(d MatterData) error {
	if d.Version <= m.Data.Version+LongestVersionLeap {
		return nil
	}
	return versionLeap("matter", d.Version, m.Data.Version)
}

// CheckPersonsVersion refuses what a person says of a client, as for matters.
func (c Client) CheckPersonsVersion(d ClientData) error {
	if d.Version <= c.Data.Version+LongestVersionLeap {
		return nil
	}
	return versionLeap("client", d.Version, c.Data.Version)
}

func versionLeap(what string, told, known int) error {
	return &Unprocessable{Code: CodeInvalidEvent, Faults: []FieldFault{{Field: "/version",
		Reason: fmt.Sprintf("is %d, more than %d above version %d, which is known; if it is right, a firm admin re-bases the %s and retries", told, LongestVersionLeap, known, what)}}}
}

// Rebase decides that CaseHug's changes of the matter count again from a version on: the
// next one above it is taken in.
func (m Announced) Rebase(version int, by string) ([]Event, error) {
	switch {
	case !m.Known:
		return nil, nothingToRebase("matter")
	case m.Data.Version == version:
		return nil, nil
	}
	return []Event{MatterRebased{Version: version, Was: m.Data.Version, By: by}}, nil
}

// Rebase decides that CaseHug's changes of the client count again from a version on.
func (c Client) Rebase(version int, by string) ([]Event, error) {
	switch {
	case !c.Known:
		return nil, nothingToRebase("client")
	case c.Data.Version == version:
		return nil, nil
	}
	return []Event{ClientRebased{Version: version, Was: c.Data.Version, By: by}}, nil
}

func nothingToRebase(what string) error {
	return &Rejection{Reason: Unknown, Failure: Failure{Code: CodeNotFound, Message: "There is no such " + what + " at this firm",
		Remedy: "Check the id."}}
}
