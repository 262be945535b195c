package smokeballsim

import (
	"maps"
	"slices"
	"strconv"
	"time"
)

// event is an appointment.
type event struct {
	ID      string
	In      eventIn
	zone    *time.Location
	Updated time.Time
	Deleted bool
}

type eventIn struct {
	MatterID       string            `json:"matterId"`
	Subject        string            `json:"subject"`
	Description    string            `json:"description"`
	Location       string            `json:"location"`
	AllDay         bool              `json:"allDay"`
	NonBillable    bool              `json:"nonBillable"`
	Type           string            `json:"type"`
	EventType      string            `json:"eventType"` // an older name of type
	Attendees      []string          `json:"attendees"`
	External       []string          `json:"externalAttendees"`
	StartTime      dateTime          `json:"startTime"`
	EndTime        dateTime          `json:"endTime"`
	TimeZone       string            `json:"timeZone"`
	AdditionalData map[string]string `json:"additionalData"`
}

type eventOut struct {
	hyper
	ID             string            `json:"id"`
	Matter         *link             `json:"matter,omitempty"`
	Attendees      []link            `json:"attendees"`
	External       []link            `json:"externalAttendees"`
	EventType      string            `json:"eventType"`
	Type           string            `json:"type"`
	Subject        string            `json:"subject"`
	Description    string            `json:"description,omitempty"`
	Location       string            `json:"location,omitempty"`
	AllDay         bool              `json:"allDay"`
	NonBillable    bool              `json:"nonBillable"`
	StartTime      dateTime          `json:"startTime"`
	EndTime        dateTime          `json:"endTime"`
	TimeZone       string            `json:"timeZone"`
	LastUpdated    dateTime          `json:"lastUpdated"`
	AdditionalData map[string]string `json:"additionalData,omitempty"`
	IsDeleted      bool              `json:"isDeleted"`
}

func (c *call) findEvent() (*event, *problem) {
	return find(c, "event", c.id("eventId"), func(a *account) *shelf[*event] { return a.Events })
}

// readEvent reads and checks an event as it is written.
func (c *call) readEvent() (eventIn, *time.Location, *problem) {
	var in eventIn
	if p := strict(c.body, &in); p != nil {
		return in, nil, p
	}
	var f flaws
	zone := checkEventTime(&f, in)
	if in.Subject == "" {
		f.add("subject", "The subject is missing.")
	}
	for field, kind := range map[string]string{"type": in.Type, "eventType": in.EventType} {
		if kind != "" && kind != "Normal" {
			f.add(field, "%q cannot be written; only Normal events can.", kind)
		}
	}
	c.account.checkStaff(&f, "attendees", in.Attendees...)
	c.account.checkGuests(&f, in)
	if len(f) > 0 {
		return in, nil, invalidAll(f...)
	}
	return in, zone, nil
}

func checkEventTime(f *flaws, in eventIn) *time.Location {
	zone, err := time.LoadLocation(in.TimeZone)
	if err != nil || in.TimeZone == "" || in.TimeZone == "Local" {
		f.add("timeZone", "%q is no IANA time zone.", in.TimeZone)
		zone = time.UTC
	}
	if in.StartTime == "" {
		f.add("startTime", "The start is missing.")
	}
	if in.EndTime == "" {
		f.add("endTime", "The end is missing.")
	}
	if in.EndTime.in(zone).Before(in.StartTime.in(zone)) {
		f.add("endTime", "The end is before the start.")
	}
	return zone
}

// checkGuests requires that external attendees belong to the matter.
func (a *account) checkGuests(f *flaws, in eventIn) {
	var parties []string
	if in.MatterID != "" {
		m := a.Matters.slots[in.MatterID]
		if m == nil {
			f.add("matterId", "No matter has the id %q.", in.MatterID)
			return
		}
		parties = slices.Concat(m.value.In.ClientIDs, m.value.In.OtherSideIDs)
	}
	for _, id := range in.External {
		k := a.Contacts.slots[id]
		if k == nil || k.value.In.Person == nil || !slices.Contains(parties, id) {
			f.add("externalAttendees", "%q is no person of this matter.", id)
		}
	}
}

func createEvent(c *call) (reply, *problem) {
	in, zone, p := c.readEvent()
	if p != nil {
		return reply{}, p
	}
	e := &event{ID: c.chance.id(), In: in, zone: zone}
	c.account.Events.reserve(e.ID, e)
	return c.accept(c.write("Event", "make", e.ID, nil)), nil
}

func (l *landing) showEvent(e *event) error {
	l.firm.Events.show(e.ID)
	l.changedEvent(e)
	return nil
}

func replaceEvent(c *call) (reply, *problem) {
	e, p := c.findEvent()
	if p != nil {
		return reply{}, p
	}
	in, _, p := c.readEvent()
	if p != nil {
		return reply{}, p
	}
	return c.accept(c.write("Event", "replace", e.ID, in)), nil
}

func (l *landing) replaceEvent(e *event) error {
	var in eventIn
	if err := l.read(&in); err != nil {
		return err
	}
	zone, err := time.LoadLocation(in.TimeZone)
	if err != nil {
		return err
	}
	e.In, e.zone = in, zone
	l.changedEvent(e)
	return nil
}

func deleteEvent(c *call) (reply, *problem) {
	e, p := c.findEvent()
	if p != nil {
		return reply{}, p
	}
	return c.accept(c.write("Event", "delete", e.ID, nil)), nil
}

func (l *landing) deleteEvent(e *event) error {
	e.Deleted = true
	l.changedEvent(e)
	return nil
}

// changedEvent sends event.updated, the webhook of every change.
func (l *landing) changedEvent(e *event) {
	e.Updated = time.Now()
	l.tell("event.updated", l.viewEvent(e))
}

func (s *views) viewEvent(e *event) eventOut {
	in := e.In
	long := in.EndTime.in(e.zone).Sub(in.StartTime.in(e.zone)) > 12*time.Hour
	return eventOut{
		hyper: s.self("/events", e.ID), ID: e.ID, Matter: s.optional("/matters", in.MatterID),
		Attendees: s.links("/staff", in.Attendees), External: s.links("/contacts", in.External),
		EventType: "Normal", Type: "Normal", Subject: in.Subject, Description: in.Description, Location: in.Location,
		AllDay: in.AllDay, NonBillable: in.NonBillable || long, StartTime: in.StartTime, EndTime: in.EndTime,
		TimeZone: in.TimeZone, LastUpdated: utc(e.Updated), AdditionalData: maps.Clone(in.AdditionalData), IsDeleted: e.Deleted,
	}
}

func getEvent(c *call) (reply, *problem) {
	e, p := c.findEvent()
	if p != nil {
		return reply{}, p
	}
	return ok(c.viewEvent(e)), nil
}

// eventFilter selects the events of a list.
type eventFilter struct {
	matter          string
	since, from, to time.Time
	skipDeleted     bool
}

func readEventFilter(q query) (eventFilter, *problem) {
	f := eventFilter{matter: q.one("MatterId")}
	var p *problem
	if f.since, p = q.either("UpdatedSince"); p != nil {
		return f, p
	}
	if f.from, p = q.moment("From"); p != nil {
		return f, p
	}
	if f.from.IsZero() {
		f.from = time.Now()
	}
	if f.to, p = q.moment("To"); p != nil {
		return f, p
	}
	skip, p := q.flag("ExcludeDeletedEvents")
	f.skipDeleted = skip != nil && *skip
	return f, p
}

// either reads a time that is given in ticks or as a date-time.
func (q query) either(name string) (time.Time, *problem) {
	if _, err := strconv.ParseInt(q.one(name), 10, 64); err == nil {
		return q.ticks(name)
	}
	return q.moment(name)
}

func (f eventFilter) keeps(e *event) bool {
	return (f.matter == "" || e.In.MatterID == f.matter) &&
		!(f.skipDeleted && e.Deleted) &&
		!e.Updated.Before(f.since) &&
		!e.In.EndTime.in(e.zone).Before(f.from) &&
		(f.to.IsZero() || !e.In.StartTime.in(e.zone).After(f.to))
}

func listEvents(c *call) (reply, *problem) {
	f, p := readEventFilter(c.query)
	if p != nil {
		return reply{}, p
	}
	return listed(c, c.account.Events.where(f.keeps), c.viewEvent)
}
