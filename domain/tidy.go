package domain

// Tidy is the event with every text in the form in which it is kept and sent (Text): what
// people can't see is no reason to refuse a matter, and never passes. What was taken out is
// noted as Cleaned, so that the sync can tell.
func (e CaseHugEvent) Tidy() CaseHugEvent {
	if e.Matter != nil {
		m := e.Matter.Tidy()
		e.Matter = &m
	}
	if e.Client != nil {
		c := e.Client.Tidy()
		e.Client = &c
	}
	e.Documents = each(e.Documents, DocumentData.Tidy)
	e.RequestedBy, e.RequestedName = Text(e.RequestedBy), Text(e.RequestedName)
	return e
}

// Tidy is the matter, with its clients, with every text as it is kept.
func (m MatterData) Tidy() MatterData {
	t := tidier{cleaned: m.Cleaned}
	t.field("title", &m.Title)
	t.field("case_number", &m.CaseNumber)
	t.field("case_type", &m.CaseType)
	t.field("practice_area", &m.PracticeArea)
	t.field("jurisdiction", &m.Jurisdiction)
	t.field("responsible_email", &m.ResponsibleEmail)
	tags := append([]string(nil), m.Tags...)
	for i := range tags {
		t.field("tags", &tags[i])
	}
	m.Tags, m.Cleaned = Tags(tags), t.cleaned
	m.Client = m.Client.Tidy()
	m.OtherClients = each(m.OtherClients, ClientData.Tidy)
	return m
}

// Tidy is the client with every text as it is kept.
func (c ClientData) Tidy() ClientData {
	var t tidier
	for _, text := range []*string{&c.FirstName, &c.LastName, &c.CompanyName, &c.Email, &c.Phone} {
		t.field("client", text)
	}
	c.Cleaned = c.Cleaned || len(t.cleaned) > 0
	return c
}

// Tidy is the document with every text as it is kept.
func (d DocumentData) Tidy() DocumentData {
	var t tidier
	for _, text := range []*string{&d.FileName, &d.ContentType, &d.ApprovedBy, &d.Folder} {
		t.field("document", text)
	}
	d.Cleaned = d.Cleaned || len(t.cleaned) > 0
	return d
}

// tidier puts texts into the form in which they are kept.
type tidier struct{ cleaned []string }

func (t *tidier) field(name string, text *string) {
	if _, cleaned := Clean(*text); cleaned && !contains(t.cleaned, name) {
		t.cleaned = append(t.cleaned[:len(t.cleaned):len(t.cleaned)], name)
	}
	*text = Text(*text)
}

// Tags are tags as they are sent: none is empty, and none is there twice.
func Tags(tags []string) []string {
	var list, seen []string
	for _, tag := range tags {
		key := Fold(tag)
		if key != "" && !contains(seen, key) {
			list, seen = append(list, Text(tag)), append(seen, key)
		}
	}
	return list
}

// TextCleaned warns that texts of the matter, of its clients or of a document held
// characters that were taken out; nil where none did.
func (m MatterData) TextCleaned() *Warning {
	about := About{Fields: m.Cleaned}
	for _, c := range m.Clients() {
		if c.Cleaned {
			about.Clients = append(about.Clients, c.ID)
		}
	}
	if len(about.Fields)+len(about.Clients) == 0 {
		return nil
	}
	return &Warning{Code: WarnTextCleaned, About: &about}
}

func each[T any](list []T, f func(T) T) []T {
	if list == nil {
		return nil
	}
	next := make([]T, len(list))
	for i, x := range list {
		next[i] = f(x)
	}
	return next
}
