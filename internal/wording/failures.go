package wording

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// Failure is what could not be done and why, and what to do about it and who must act, each in
// sentences.
func Failure(f domain.Failure) (message, remedy string) {
	var about domain.About
	if f.About != nil {
		about = *f.About
	}
	message, remedy = f.Message, f.Remedy // of an older engine, or said on the spot
	if message == "" {
		message, remedy = worded(f, about)
	}
	switch {
	case about.StoppedAfter > 0:
		remedy = "We stopped trying after " + span(about.StoppedAfter) + ". " + afterwards(f.Code)
	case about.Reference != "":
		remedy = "CaseHug’s operators have to act; the reference for them is " + about.Reference + ". " + remedy
	}
	return message, remedy
}

func worded(f domain.Failure, about domain.About) (message, remedy string) {
	fault, ok := faults[f.Fault]
	if !ok {
		return unknownFault.sentences()
	}
	s := subject{About: about, said: f.Smokeball}
	if about.Cause != nil {
		s.cause, _ = Failure(*about.Cause)
	}
	return fault(s).sentences()
}

// Error is an error as a terminal shows it, with what to do about it.
func Error(err error) (message, remedy string) {
	var f domain.Failure
	if r := domain.AsRejection(err); r != nil {
		f = r.Failure
	} else if ce := domain.AsCallError(err); ce != nil {
		f = ce.Failure
	}
	if f.Fault == "" {
		return err.Error(), f.Remedy
	}
	return Failure(f)
}

// unknownFault words a fault of a newer engine.
var unknownFault = words{"Something failed that this version has no sentence for", "CaseHug support looks into it."}

// words are the two sentences of a failure.
type words struct{ message, remedy string }

func (w words) sentences() (message, remedy string) {
	return strings.TrimRight(w.message, ".") + ".", w.remedy
}

// subject is what a failure is about.
type subject struct {
	domain.About
	said  *domain.Refusal
	cause string // the message of the failure that caused it
}

// faults has the sentences of each fault. It is only read.
var faults = merged(connectionFaults, consentFaults, webhookFaults, syncFaults, callFaults, signInFaults, uploadFaults, documentFaults)

type sentences = map[domain.Fault]func(subject) words

func merged(parts ...sentences) sentences {
	all := sentences{}
	for _, part := range parts {
		for fault, say := range part {
			all[fault] = say
		}
	}
	return all
}

// always are sentences that hold nothing of what the failure is about.
func always(message, remedy string) func(subject) words {
	return func(subject) words { return words{message, remedy} }
}

// The remedies that more than one failure has.
const (
	weRetry        = "We try again by ourselves."
	supportLooks   = "CaseHug support looks into it."
	connectFirst   = "A firm admin connects to Smokeball under Settings → Integrations. What waits goes on by itself then."
	connectAgain   = "A firm admin connects to Smokeball again under Settings → Integrations. What waits goes on by itself then, and every link stays."
	clickAgain     = "A firm admin clicks “Connect to Smokeball” again under Settings → Integrations."
	syncsGoOn      = "Syncs go on meanwhile and are confirmed by asking."
	removeThere    = "CaseHug forgets the sign-in all the same. A firm admin removes the app CaseHug inside Smokeball, too."
	checkAddresses = "We try again by ourselves. If it lasts, CaseHug’s operators check SMOKEBALL_REGION, SMOKEBALL_ENVIRONMENT, SMOKEBALL_API_URL and SMOKEBALL_AUTH_URL."
)

// afterwards says of a sync that was given up when to retry it.
func afterwards(c domain.Code) string {
	switch c {
	case domain.CodeInternal:
		return "CaseHug’s operators find the reason in the engine’s log. Click Retry in the sync history once they have mended it."
	case domain.CodeDocumentUnavailable:
		return "Click Retry in the sync history once the document can be fetched."
	}
	return "Click Retry in the sync history once Smokeball works again."
}

// span is a number of seconds as people say it.
func span(seconds int64) string {
	for _, unit := range []struct {
		seconds int64
		name    string
	}{{3600, "hour"}, {60, "minute"}, {1, "second"}} {
		if n := seconds / unit.seconds; n > 0 && seconds%unit.seconds == 0 {
			if n == 1 {
				return "1 " + unit.name
			}
			return strconv.FormatInt(n, 10) + " " + unit.name + "s"
		}
	}
	return (time.Duration(seconds) * time.Second).String()
}

// call is the call in a sentence: create_matter is “create the matter”.
func (s subject) call() string {
	return strings.Replace(strings.ReplaceAll(cmp.Or(s.Op, "call Smokeball"), "_", " "), " ", " the ", 1)
}

// because continues a sentence with Smokeball's reason.
func (s subject) because() string {
	if line := s.said.Line(); line != "" {
		return ": " + line
	}
	return ""
}

// named continues a sentence with the word that Smokeball gives.
func (s subject) named() string {
	if line := s.said.Line(); line != "" {
		return " (" + line + ")"
	}
	return ""
}

// status is the HTTP status of the answer, in brackets.
func (s subject) status() string {
	n := s.Status
	if n == 0 && s.said != nil {
		n = s.said.Status
	}
	if n == 0 {
		return ""
	}
	return " (" + strconv.Itoa(n) + ")"
}

// within continues a sentence with the message of the failure that caused it.
func (s subject) within(separator string) string {
	if s.cause == "" {
		return ""
	}
	return separator + s.cause
}
