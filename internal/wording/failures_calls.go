package wording

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

var callFaults = sentences{
	domain.FaultCallAbandoned: always("The call to Smokeball was given up before it was sent", weRetry),
	domain.FaultNoSlot:        always("The call to Smokeball was given up while it waited for its slot", weRetry),
	domain.FaultMalformed: func(s subject) words {
		return words{"CaseHug cannot " + s.call() + ": the request makes no sense", supportLooks}
	},
	domain.FaultRedirected: func(s subject) words {
		return words{"Smokeball’s address redirects to " + cmp.Or(s.Value, "another place"), checkAddresses}
	},
	domain.FaultOutage: func(s subject) words {
		return words{"Smokeball has not answered since " + since(s.Since), "We try again at " + s.Until.UTC().Format(MomentLayout) + ". Nothing to do."}
	},
	domain.FaultUnreachable: func(s subject) words {
		const message = "Smokeball cannot be reached"
		if s.Setting == "" {
			return words{message, weRetry}
		}
		return words{message, weRetry + " If it lasts, CaseHug’s operators check " + s.Setting + ", SMOKEBALL_REGION and SMOKEBALL_ENVIRONMENT, and the engine’s way to the internet."}
	},
	domain.FaultNoAnswer: func(s subject) words { return words{"Smokeball gives no answer within " + span(s.Seconds), weRetry} },
	domain.FaultEndlessAnswer: func(s subject) words {
		return words{"Smokeball’s answer does not end within " + span(s.Seconds), weRetry}
	},
	domain.FaultBrokeOff:   always("The connection to Smokeball broke before the answer", weRetry),
	domain.FaultUnreadable: always("Smokeball’s answer cannot be read", weRetry),
	domain.FaultNotAllowed: func(s subject) words {
		return words{"Smokeball does not allow CaseHug to " + s.call() + s.because(), "A firm admin allows it in Smokeball and connects again under Settings → Integrations."}
	},
	domain.FaultRefused: func(s subject) words {
		return words{"Smokeball refuses to " + s.call() + s.because(), s.correction()}
	},
	domain.FaultNotThere: func(s subject) words {
		return words{"Smokeball cannot " + s.call() + ": it is not there", "We look again by ourselves. If it was deleted in Smokeball, sync again from CaseHug."}
	},
	domain.FaultTokenRefused: always("Smokeball refuses the firm’s sign-in (401) right after it renewed it",
		"We try again by ourselves. If it lasts for more than an hour, CaseHug’s operators ask Smokeball why."),
	domain.FaultServer: func(s subject) words { return words{"Smokeball answers with a fault" + s.status(), weRetry} },
	domain.FaultNotSmokeball: func(s subject) words {
		return words{"What answers in Smokeball’s place" + s.status() + " is not Smokeball", weRetry}
	},
	domain.FaultTooMany: func(s subject) words {
		return words{"CaseHug cannot " + s.call() + ": Smokeball lists more there than CaseHug reads", supportLooks}
	},
	domain.FaultAllowanceUsedUp: always("Smokeball takes no more calls for now: its allowance is used up", weRetry),
}

// correction says what to correct in CaseHug where Smokeball refuses a write.
func (s subject) correction() string {
	remedy := supportLooks
	_, thing, _ := strings.Cut(s.Op, "_")
	switch thing {
	case "matter":
		remedy = "Correct the matter in CaseHug and sync it again."
	case "contact":
		remedy = "Correct the client in CaseHug and sync again."
	case "file":
		remedy = "Correct the document in CaseHug and sync again."
	}
	if line := s.said.Line(); line != "" {
		remedy += " Smokeball said: “" + line + "”."
	}
	return remedy
}

var uploadFaults = sentences{
	domain.FaultUploadServer: func(s subject) words {
		return words{"Smokeball’s file store answers with a fault" + s.status(), weRetry}
	},
	domain.FaultUploadRefused:  func(s subject) words { return words{"Smokeball’s file store refuses the file" + s.status(), weRetry} },
	domain.FaultUploadExpired:  always("The address for the upload has ended", "We fetch a new one by ourselves."),
	domain.FaultUploadBrokeOff: always("The upload to Smokeball’s file store broke off", weRetry),
	domain.FaultCutShort:       always("The document cannot be read to its end", weRetry),
	domain.FaultOtherLength: func(s subject) words {
		return words{fmt.Sprintf("The document has %d bytes where %d were announced", s.Size, s.Limit), "Approve the document in CaseHug again."}
	},
}

var syncFaults = sentences{
	domain.FaultMatterNotAnnounced: always("CaseHug has not announced this matter yet",
		"It goes on by itself when CaseHug announces the matter. If that does not happen, CaseHug’s support looks for the missing event."),
	domain.FaultTypeUnmapped: func(s subject) words {
		return words{s.Name + " has no Smokeball matter type", s.choose("a matter type")}
	},
	domain.FaultMappedTypeGone: func(s subject) words {
		return words{fmt.Sprintf("%s is mapped to the matter type %s, which Smokeball no longer has", s.Name, s.Value),
			s.choose(fmt.Sprintf("another matter type for mapping %s, %s,", s.Mapping, s.Was))}
	},
	domain.FaultNotConfirmed: func(s subject) words {
		return words{s.neverShown(), "Look for it in Smokeball. Then click Retry: we look again before anything is sent."}
	},
	domain.FaultContactNotConfirmed: func(s subject) words {
		return words{s.neverShown(), "We look for it once more by ourselves. If it is still not there, we create it again."}
	},
	domain.FaultContactMissing: func(s subject) words {
		return words{"Smokeball does not have the contact" + s.id(), "We look for the client again and try again by ourselves."}
	},
	domain.FaultFileDeleted: func(s subject) words {
		return words{fmt.Sprintf("The file of “%s” was deleted in Smokeball", s.File), "We send the newest version as a new file by ourselves."}
	},
	domain.FaultMatterGone: func(s subject) words {
		return words{"The matter was deleted or cancelled in Smokeball" + s.id(),
			"Restore it in Smokeball and click Retry in the sync history. Or click “Sync to Smokeball” on the matter to make a new one with all its documents. Any CaseHug user of the firm can do it."}
	},
	domain.FaultMatterUnlinked: always("A firm admin unlinked the matter from Smokeball’s, so nothing is sent by itself",
		"A firm admin links it to a matter that Smokeball has, and the sync goes on by itself. Or click “Sync to Smokeball” on the matter to make a new one with all its documents; any CaseHug user of the firm can do it."),
	domain.FaultErased: func(s subject) words {
		if s.Client != "" {
			return words{"The data of client " + string(s.Client) + " were erased, so no matter that names this client is synced", "CaseHug sends the matter without that client, if it is to be synced."}
		}
		return words{"A firm admin erased the data of this matter, so nothing of it is synced any more", "There is nothing to do."}
	},
	domain.FaultFolderNeverShown: func(s subject) words {
		return words{"Smokeball accepted the folder “" + s.Value + "” and never showed it", "Make the folder in Smokeball, or name another one under Settings → Integrations → Smokeball."}
	},
	domain.FaultRefusedLate: func(s subject) words {
		return words{"Smokeball accepted the " + s.thing() + " and then rejected it" + s.because(),
			"Fix what Smokeball reports, then click “Sync to Smokeball” on the matter. Any CaseHug user of the firm can do it."}
	},
	domain.FaultEngine: always("The engine itself fails at this sync", "We try again by ourselves. If it goes on, CaseHug’s operators find the reason in the engine’s log."),
	domain.FaultSpool:  always("The engine could not store the document on its way", "We try again by ourselves. CaseHug’s operators check the space in ENGINE_DATA_DIR."),
}

func (s subject) thing() string {
	if s.Thing == domain.ThingName {
		return "name of the file"
	}
	return cmp.Or(string(s.Thing), "request")
}

// neverShown says what Smokeball accepted and did not show in time.
func (s subject) neverShown() string {
	return "Smokeball accepted the " + s.thing() + " and did not show it within " + span(s.Seconds) + s.id()
}

// id is the id in Smokeball, in brackets.
func (s subject) id() string {
	if s.Resource == "" {
		return ""
	}
	return " (" + string(s.Resource) + ")"
}

// choose says where a firm admin chooses a matter type.
func (s subject) choose(what string) string {
	near := ""
	if len(s.Nearest) > 0 {
		near = "; nearest: " + strings.Join(s.Nearest, ", ")
	}
	return "Open Settings → Integrations → Smokeball → Case Type Mappings. A firm admin chooses " + what + " there" + near + ". The sync then goes on by itself."
}

// Who must act when a document cannot be had.
const (
	approveAgain  = "Whoever approved the document uploads it again in CaseHug and approves it."
	approveSmall  = "Whoever approved the document uploads a smaller file in CaseHug and approves it."
	putElsewhere  = "Whoever runs the service that sends documents puts them into the bucket " + domain.DocumentBucket + " or on a public https address, and sends the event again."
	putAgain      = "Whoever runs the service that sends documents puts it into the bucket " + domain.DocumentBucket + " again. Then it goes on by itself."
	proveAgain    = "Whoever runs the service that sends documents gives the object the firm’s id as its metadata “firm”, or sends the event again with the document’s sha256."
	nobodyMustAct = "Nobody needs to act: it is retried automatically. If it lasts, tell CaseHug’s support."
)

var documentFaults = sentences{
	domain.FaultOtherBucket:       unread("it is not in the bucket "+domain.DocumentBucket, putElsewhere),
	domain.FaultNoObjectStore:     unread("this engine has no object store", putElsewhere),
	domain.FaultOthersObject:      unread("its object is another firm’s", approveAgain),
	domain.FaultObjectNotProved:   unread("nothing shows that its object is this firm’s", proveAgain),
	domain.FaultObjectMissing:     objectMissing,
	domain.FaultObjectDamaged:     unread("the object store does not have the bytes that were put", putAgain),
	domain.FaultObjectStoreSilent: unread("the object store does not answer", nobodyMustAct),
	domain.FaultAddressUnreadable: unread("its address cannot be read", putElsewhere),
	domain.FaultNotHTTPS:          unread("its address is not https", putElsewhere),
	domain.FaultOtherPort:         unread("its address names a port other than 443", putElsewhere),
	domain.FaultManyRedirects:     unread("its address leads on more than three times", putElsewhere),
	domain.FaultNotPublic:         unread("its address leads to no public host: to none at all, or into a private network that is not allowed", putElsewhere),
	domain.FaultEncodingWrong:     unread("its host says gzip and sends something else", nobodyMustAct),
	domain.FaultEncodingUnknown:   unread("its host sends it in an encoding that is not read", putElsewhere),
	domain.FaultHostSilent:        unread("its host does not answer", nobodyMustAct),
	domain.FaultHostDown:          unread("its host is out of order", nobodyMustAct),
	domain.FaultHostSlow:          unread("its host sends it too slowly", nobodyMustAct),
	domain.FaultHostWithholds:     unread("its host does not give it out, or no longer", approveAgain),
	domain.FaultHostNoDocument:    unread("its host gives no document", approveAgain),
	domain.FaultDocumentGone:      unread("it is not there any more", approveAgain),
	domain.FaultSourceBrokeOff:    unread("its source breaks off", nobodyMustAct),
	domain.FaultOtherBytes:        mistaken(func(subject) string { return "its object has another SHA-256" }),
	domain.FaultOtherSize:         mistaken(func(s subject) string { return fmt.Sprintf("it has %d bytes, approved were %d", s.Size, s.Limit) }),
	domain.FaultLonger: mistaken(func(s subject) string {
		return fmt.Sprintf("it is larger than the %d bytes that were approved", s.Limit)
	}),
	domain.FaultOtherDigest: mistaken(func(s subject) string { return "its SHA-256 begins with " + s.Value + ", approved was " + s.Was }),
	domain.FaultTooLarge: func(s subject) words {
		return words{s.document("cannot be read", fmt.Sprintf("it is larger than %d bytes", s.Limit)), approveSmall}
	},
}

// document is a sentence about a document.
func (s subject) document(what, why string) string {
	return fmt.Sprintf("The document “%s” %s: %s", s.File, what, why)
}

func unread(why, remedy string) func(subject) words {
	return func(s subject) words { return words{s.document("cannot be read", why), remedy} }
}

func mistaken(how func(subject) string) func(subject) words {
	return func(s subject) words {
		return words{s.document("is not the one that was approved", how(s)), approveAgain}
	}
}

// objectMissing says of an object that the store does not have until when it is awaited.
func objectMissing(s subject) words {
	w := words{s.document("cannot be read", "the object store does not have it"), approveAgain}
	if !s.Until.IsZero() {
		w.remedy = "It goes on by itself when CaseHug puts the document, until " + s.Until.UTC().Format(MomentLayout) + ". If it does not come, whoever runs the service that sends documents puts it."
	}
	return w
}

// MomentLayout is how a sentence names a moment, with its day and year: pages show it in the reader’s
// zone instead.
const MomentLayout = "3:04:05 PM UTC on January 2, 2006"

// since is a moment within a sentence.
func since(t time.Time) string { return t.UTC().Format(MomentLayout) }
