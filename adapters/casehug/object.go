package casehug

import (
	"strconv"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// object is a JSON object that its schema has passed: a field has the type that the
// schema names, or it is null or left out, which reads as the zero value. Fields are
// read by their exact names, so what the schema checked is what is read.
type object map[string]any

func (o object) text(name string) string {
	s, _ := o[name].(string)
	return s
}

// number reads a whole number; the schemas keep them within what a float64 holds exactly.
func (o object) number(name string) (int64, bool) {
	f, ok := o[name].(float64)
	return int64(f), ok
}

// moment reads a time, in UTC.
func (o object) moment(name string) *time.Time {
	t := o.day(name)
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}

// day reads a time whose day matters: it keeps the sender's offset. The year 1 is how some
// senders write that there is none.
func (o object) day(name string) *time.Time {
	t, err := domain.ParseMoment(o.text(name))
	if err != nil || t.IsZero() {
		return nil
	}
	return &t
}

func (o object) child(name string) (object, bool) {
	c, ok := o[name].(map[string]any)
	return c, ok
}

// inner is the member of that name, or o itself: see Decode.
func (o object) inner(name string) object {
	if c, ok := o.child(name); ok {
		return c
	}
	return o
}

// readEach reads the objects of a list.
func readEach[T any](o object, name string, read func(object) T) []T {
	items, _ := o[name].([]any)
	var all []T
	for _, item := range items {
		all = append(all, read(item.(map[string]any)))
	}
	return all
}

func (o object) texts(name string) []string {
	items, _ := o[name].([]any)
	var all []string
	for _, item := range items {
		all = append(all, item.(string))
	}
	return all
}

// itemField is the JSON pointer of a field of a list's item.
func itemField(list string, i int, field string) string {
	return list + "/" + strconv.Itoa(i) + "/" + field
}

func readMatter(o object) domain.MatterData {
	version, _ := o.number("version")
	client, _ := o.child("client")
	return domain.MatterData{
		ID:               domain.MatterID(o.text("matter_id")),
		Version:          int(version),
		Title:            o.text("title"),
		CaseNumber:       o.text("case_number"),
		CaseType:         o.text("case_type"),
		PracticeArea:     o.text("practice_area"),
		Jurisdiction:     o.text("jurisdiction"),
		Status:           o.text("status"),
		OpenedAt:         o.day("opened_at"),
		ClosedAt:         o.day("closed_at"),
		Client:           readClient(client),
		OtherClients:     readEach(o, "other_clients", readClient),
		ResponsibleEmail: o.text("responsible_email"),
		Tags:             o.texts("tags"),
	}
}

func readClient(o object) domain.ClientData {
	version, _ := o.number("version")
	return domain.ClientData{
		ID:          domain.ClientID(o.text("client_id")),
		Version:     int(version),
		FirstName:   o.text("first_name"),
		LastName:    o.text("last_name"),
		CompanyName: o.text("company_name"),
		Email:       o.text("email"),
		Phone:       o.text("phone"),
	}
}

func readDocument(o object) domain.DocumentData {
	d := domain.DocumentData{
		ID:          domain.DocumentID(o.text("document_id")),
		Matter:      domain.MatterID(o.text("matter_id")),
		FileName:    o.text("file_name"),
		ContentType: o.text("content_type"),
		SHA256:      strings.ToLower(o.text("sha256")),
		ApprovedBy:  o.text("approved_by"),
		ApprovedAt:  o.moment("approved_at"),
		Folder:      o.text("folder"),
	}
	if size, ok := o.number("size_bytes"); ok {
		d.SizeBytes = &size
	}
	if content, ok := o.child("content"); ok {
		d.Content = domain.Content{Object: content.text("object"), URL: content.text("url")}
	}
	return d
}
