package sealing

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
	"sync"

	"github.com/casehug/smokeball-sync/domain"
)

// sealed are the kinds of streams whose events say something of CaseHug's clients. The others are
// about the firm, its staff and its account.
var sealed = map[domain.Kind]bool{
	domain.KindMatter: true, domain.KindClient: true, domain.KindContact: true,
	domain.KindDeadLetter: true, domain.KindWebhook: true, domain.KindActivity: true,
}

// A text is sealed unless it is of a named type (ids, codes, states, times) or stands here: what
// somebody adds to an event is sealed without anybody thinking of it. Staff of the firm are named
// as those who did something (by, by_name): that record has a purpose of its own and stays.
var public = names(`
	EventRef.source EventRef.id

	MatterData.case_type MatterData.practice_area MatterData.jurisdiction MatterData.status MatterData.cleaned
	MatterTypeResolved.case_type MatterTypeResolved.practice_area MatterTypeResolved.jurisdiction
	MatterTypeResolved.type_id MatterTypeResolved.type_name MatterTypeResolved.client_role
	MatterDraft.external_id MatterDraft.matter_type_id MatterDraft.client_role MatterDraft.status MatterDraft.responsible_staff_id
	MatterChange.status MatterChange.matter_type_id MatterChange.client_role MatterChange.responsible_staff_id
	MatterValues.status MatterValues.matter_type_id MatterValues.matter_type MatterValues.responsible_staff_id MatterValues.opened MatterValues.closed
	MatterSeen.version MatterSeen.changed ClientSeen.version ClientSeen.changed
	SyncWarned.case_type SyncWarned.field ReadAsked.check
	DocumentData.content_type DocumentData.sha256 DocumentUploaded.sha256 DocumentKept.sha256
	ContactDraft.external_id ContactChange.external_id

	MatterCreationStarted.account MatterAccepted.account MatterLinked.account MatterUnlinked.account
	ContactMatched.account ContactCreationStarted.account ContactAccepted.account ContactLost.account ContactMatched.differs

	DifferenceAccepted.field ClientDifferenceAccepted.field RepairAsked.field RepairDropped.field
	About.fields About.op About.setting About.reference FieldValue.field FieldFault.field

	DeadLettered.subject DeadLettered.type DeadLettered.sha256 DeadLettered.message
	SmokeballWebhookReceived.type SmokeballWebhookReceived.source
	Activity.when Activity.version

	MatterRebased.by MatterRebased.by_name ClientRebased.by ClientRebased.by_name SyncRequested.by SyncRequested.by_name SyncJoined.by SyncJoined.by_name
	SyncReleased.by SyncReleased.by_name SyncCancelled.by SyncCancelled.by_name MatterLinked.by MatterLinked.by_name MatterUnlinked.by MatterUnlinked.by_name
	DifferenceAccepted.by DifferenceAccepted.by_name ClientDifferenceAccepted.by ClientDifferenceAccepted.by_name RepairAsked.by RepairAsked.by_name
	DeadLetterRetried.by DeadLetterRetried.by_name
	DeadLetterSettled.by DeadLetterSettled.by_name ContactRepairStarted.by MatterErased.by ClientErased.by
`)

// shown are the texts in whose place people read that something was erased; the others are empty.
var shown = names(`
	MatterData.title SyncRequested.title SyncStarted.title MatterDraft.description MatterValues.description
	ClientData.last_name ContactDraft.last_name ContactValues.last_name
	DocumentData.file_name FileCreationStarted.file_name DocumentUploaded.file_name FileRenamed.file_name DocumentFailed.file_name DocumentRemoved.file_name DocumentRestored.file_name
`)

func names(list string) map[string]bool {
	set := map[string]bool{}
	for _, name := range strings.Fields(list) {
		set[name] = true
	}
	return set
}

// field says what becomes of a value of a Go type in JSON. A nil field stays as it is.
type field struct {
	text   bool              // it is sealed, whole
	shown  bool              // people read that it was erased
	fields map[string]*field // of an object, by name in JSON
	client string            // the field of an object that names the client it is about; "": none
	each   *field            // of a list or a map
}

// empty reports whether nothing in it is sealed.
func (f *field) empty() bool {
	return f == nil || !f.text && len(f.fields) == 0 && f.each == nil
}

// catalogue remembers the fields of event types.
type catalogue struct {
	mu    sync.RWMutex
	known map[reflect.Type]*field
}

var types = catalogue{known: map[reflect.Type]*field{}}

// of returns the fields of an event.
func (c *catalogue) of(e domain.Event) *field {
	t := reflect.TypeOf(e)
	c.mu.RLock()
	f, ok := c.known[t]
	c.mu.RUnlock()
	if ok {
		return f
	}
	f = (&compiler{open: map[reflect.Type]*field{}}).value(t)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known[t] = f
	return f
}

// compiler makes the fields of types, which may contain themselves.
type compiler struct{ open map[reflect.Type]*field }

var (
	marshaler = reflect.TypeFor[json.Marshaler]()
	texter    = reflect.TypeFor[encoding.TextMarshaler]()
	clientID  = reflect.TypeFor[domain.ClientID]()
	raw       = reflect.TypeFor[json.RawMessage]()
)

func (c *compiler) value(t reflect.Type) *field {
	switch {
	case t == raw || t.Kind() == reflect.Interface:
		return &field{text: true}
	case t.Implements(marshaler) || t.Implements(texter):
		return nil
	}
	switch t.Kind() {
	case reflect.Pointer:
		return c.value(t.Elem())
	case reflect.String:
		if t.PkgPath() != "" {
			return nil // of a named type
		}
		return &field{text: true}
	case reflect.Slice, reflect.Array, reflect.Map:
		if t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 {
			return &field{text: true}
		}
		return c.list(t)
	case reflect.Struct:
		return c.object(t)
	}
	return nil
}

func (c *compiler) list(t reflect.Type) *field {
	each := c.value(t.Elem())
	if each.empty() && !c.isOpen(each) {
		return nil
	}
	return &field{each: each}
}

// isOpen reports whether a field is still being made.
func (c *compiler) isOpen(f *field) bool {
	for _, open := range c.open {
		if open == f && f != nil {
			return true
		}
	}
	return false
}

func (c *compiler) object(t reflect.Type) *field {
	if f, ok := c.open[t]; ok {
		return f
	}
	f := &field{fields: map[string]*field{}}
	c.open[t] = f
	c.members(t, f)
	return f
}

func (c *compiler) members(t reflect.Type, f *field) {
	for i := range t.NumField() {
		m := t.Field(i)
		name, _, _ := strings.Cut(m.Tag.Get("json"), ",")
		switch {
		case name == "-" || !m.IsExported():
			continue
		case m.Anonymous && name == "":
			c.members(m.Type, f)
			continue
		case name == "":
			name = m.Name
		}
		if m.Type == clientID && (name == "client" || name == "client_id") {
			f.client = name
		}
		full := t.Name() + "." + name
		if public[full] {
			continue
		}
		is := c.value(m.Type)
		if is.empty() && !c.isOpen(is) {
			continue
		}
		if shown[full] {
			is = &field{text: true, shown: true}
		}
		f.fields[name] = is
	}
}
