package sealing

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// A sealed text stands where the text would: a string of JSON that begins with an escaped slash,
// which no encoder of ours writes. Its first letter says whose key sealed it and what stands there
// without that key; the name of another client follows up to a colon, and then the sealed bytes.
const (
	opening     = `"\/`
	own         = 'o' // the key of the stream
	ownShown    = 'O' // the same; people read that it was erased
	client      = 'c' // the key of a client
	clientShown = 'C'
)

// Erased stands where a text was erased that people would look for.
const Erased = "erased"

var errShape = errors.New("sealing: the event's JSON is not what its type says")

// Sealer seals the events of one ledger.
type Sealer struct{ Keys *Keys }

var _ eventstore.Sealer = (*Sealer)(nil)

// Seal implements eventstore.Sealer.
func (s *Sealer) Seal(at eventstore.Place, e domain.Event, data []byte) (stored eventstore.Sealed, err error) {
	if !sealed[at.Stream.Kind] {
		return stored, nil
	}
	f := types.of(e)
	if f.empty() {
		return stored, nil
	}
	w := &sealing{keys: s.Keys, firm: at.Stream.Firm, stream: at.Stream.String(), in: data, out: make([]byte, 0, 2*len(data))}
	w.bound = bindTo(w.stream, at)
	if s.Keys.known(w.stream) == nil {
		if err := w.prepare(f); err != nil {
			return stored, err
		}
	}
	if err := w.value(f, owner{w.stream, "", own}); err != nil {
		return stored, err
	}
	if w.pos != len(data) {
		return stored, errShape
	}
	return eventstore.Sealed{Data: w.out, Keys: w.batch}, nil
}

// Settle implements eventstore.Sealer.
func (s *Sealer) Settle(keys uint64) error { return s.Keys.settled(keys) }

// bindTo begins what each sealed text of an event is bound to: the place of the event, and
// which of its texts it is.
func bindTo(stream string, at eventstore.Place) []byte {
	b := append(make([]byte, 0, len(stream)+len(at.Name)+12), stream...)
	b = append(b, 0)
	b = append(append(b, at.Name...), 0)
	b = binary.BigEndian.AppendUint64(b, at.Version)
	return append(b, 0, 0)
}

// bind names the n-th text of the event.
func bind(bound []byte, n int) []byte {
	binary.BigEndian.PutUint16(bound[len(bound)-2:], uint16(n))
	return bound
}

// sealing copies the JSON of an event and seals on the way. The JSON is Marshal's: without spaces.
type sealing struct {
	keys   *Keys
	firm   domain.FirmID
	stream string
	in     []byte
	pos    int
	out    []byte
	bound  []byte
	n      int    // sealed texts so far
	batch  uint64 // of new keys that have to be on disk before the event
	block  []byte // the last sealed bytes

	subjects map[string]bool // not nil: those whose keys are required are collected, and nothing is sealed
}

// owner is whose key seals a text.
type owner struct {
	subject string
	client  string // its id; "": another subject than a client
	kind    byte
}

// prepare makes the keys that an event about a new subject requires, all at once: on a cluster each takes a
// round trip.
func (w *sealing) prepare(f *field) error {
	look := &sealing{firm: w.firm, stream: w.stream, in: w.in, bound: w.bound, subjects: map[string]bool{}}
	if err := look.value(f, owner{w.stream, "", own}); err != nil || len(look.subjects) < 2 {
		return err
	}
	var all errgroup.Group
	for subject := range look.subjects {
		all.Go(func() error {
			_, err := w.keys.seals(subject)
			return err
		})
	}
	return all.Wait()
}

// value copies a value that is what f says, of an owner.
func (w *sealing) value(f *field, of owner) error {
	switch {
	case f == nil || bytes.HasPrefix(w.in[w.pos:], []byte("null")):
		return w.copy()
	case f.text:
		return w.text(f, of)
	case f.each != nil && w.at('['):
		return w.list(f, of)
	}
	return w.object(f, of)
}

func (w *sealing) at(c byte) bool { return w.pos < len(w.in) && w.in[w.pos] == c }

// take copies one byte, which has to be c.
func (w *sealing) take(c byte) error {
	if !w.at(c) {
		return errShape
	}
	w.out = append(w.out, c)
	w.pos++
	return nil
}

// copy copies a value as it is.
func (w *sealing) copy() error {
	end, ok := valueEnd(w.in, w.pos)
	if !ok {
		return errShape
	}
	w.out = append(w.out, w.in[w.pos:end]...)
	w.pos = end
	return nil
}

func (w *sealing) list(f *field, of owner) error {
	if err := w.take('['); err != nil {
		return err
	}
	for !w.at(']') {
		if err := w.value(f.each, of); err != nil {
			return err
		}
		if w.at(',') {
			_ = w.take(',')
		}
	}
	return w.take(']')
}

// object copies an object, or a map, whose values are what its names say. What an object that
// names a client says is sealed with the key of that client.
func (w *sealing) object(f *field, of owner) error {
	if id, ok := w.clientOf(f); ok {
		of = owner{domain.ClientStream(w.firm, domain.ClientID(id)).String(), id, client}
		if of.subject == w.stream {
			of = owner{of.subject, "", own}
		}
	}
	if err := w.take('{'); err != nil {
		return err
	}
	for !w.at('}') {
		end, ok := valueEnd(w.in, w.pos)
		if !ok || end-w.pos < 2 {
			return errShape
		}
		member := f.each
		if f.fields != nil {
			member = f.fields[string(w.in[w.pos+1:end-1])]
		}
		w.out = append(w.out, w.in[w.pos:end]...)
		w.pos = end
		if err := w.take(':'); err != nil {
			return err
		}
		if err := w.value(member, of); err != nil {
			return err
		}
		if w.at(',') {
			_ = w.take(',')
		}
	}
	return w.take('}')
}

// clientOf is the client that the object at hand names.
func (w *sealing) clientOf(f *field) (id string, ok bool) {
	if f.client == "" || !w.at('{') {
		return "", false
	}
	for at := w.pos + 1; at < len(w.in) && w.in[at] == '"'; {
		name, ok := valueEnd(w.in, at)
		if !ok {
			return "", false
		}
		end, ok := valueEnd(w.in, name+1)
		if !ok {
			return "", false
		}
		if string(w.in[at+1:name-1]) == f.client {
			id := string(bytes.Trim(w.in[name+1:end], `"`))
			return id, domain.ValidID(id)
		}
		at = end + 1
	}
	return "", false
}

// text seals a value, whole.
func (w *sealing) text(f *field, of owner) error {
	end, ok := valueEnd(w.in, w.pos)
	if !ok {
		return errShape
	}
	plain := w.in[w.pos:end]
	w.pos = end
	if string(plain) == `""` {
		w.out = append(w.out, plain...)
		return nil
	}
	if w.subjects != nil {
		w.subjects[of.subject], w.subjects[w.stream] = true, true
		return nil
	}
	key, err := w.keys.seals(of.subject)
	if err == nil && key != nil && of.kind == client { // what a matter that was erased says of its clients goes with it
		var matter *dataKey
		if matter, err = w.keys.seals(w.stream); matter == nil {
			key = nil
		}
	}
	if err != nil {
		return err
	}
	if key == nil { // the subject was erased
		w.out = append(w.out, erased(f.shown)...)
		return nil
	}
	w.batch = max(w.batch, key.batch)
	w.block = key.Seal(w.block[:0], nil, plain, bind(w.bound, w.n))
	w.token(of, f.shown)
	w.n++
	return nil
}

// token writes the last sealed bytes.
func (w *sealing) token(of owner, shown bool) {
	kind := of.kind
	switch {
	case shown && kind == own:
		kind = ownShown
	case shown:
		kind = clientShown
	}
	w.out = append(append(w.out, opening...), kind)
	if of.client != "" {
		w.out = append(append(w.out, of.client...), ':')
	}
	w.out = base64.RawStdEncoding.AppendEncode(w.out, w.block)
	w.out = append(w.out, '"')
}

func erased(shown bool) string {
	if shown {
		return `"` + Erased + `"`
	}
	return `""`
}

// valueEnd is where the JSON value that begins at pos ends.
func valueEnd(data []byte, pos int) (end int, ok bool) {
	depth := 0
	for i := pos; i < len(data); i++ {
		switch data[i] {
		case '"':
			if i, ok = stringEnd(data, i); !ok {
				return 0, false
			}
		case '{', '[':
			depth++
			continue
		case '}', ']':
			depth--
			if depth < 0 {
				return i, i > pos
			}
		case ',', ':':
			if depth == 0 {
				return i, i > pos
			}
			continue
		default:
			continue
		}
		if depth == 0 {
			return i + 1, true
		}
	}
	return len(data), depth == 0 && pos < len(data)
}

// stringEnd is the place of the quote that ends the string which begins at i.
func stringEnd(data []byte, i int) (int, bool) {
	for i++; i < len(data); i++ {
		switch data[i] {
		case '\\':
			i++
		case '"':
			return i, true
		}
	}
	return 0, false
}

// Open implements eventstore.Sealer.
func (s *Sealer) Open(at eventstore.Place, stored []byte) ([]byte, error) {
	var out, bound []byte
	n := 0
	for {
		before, rest, found := bytes.Cut(stored, []byte(opening))
		if !found {
			break
		}
		token, after, found := bytes.Cut(rest, []byte{'"'})
		if !found || len(token) == 0 {
			return nil, errShape
		}
		if bound == nil {
			out, bound = make([]byte, 0, len(stored)), bindTo(at.Stream.String(), at)
		}
		plain, err := s.text(at.Stream, token, bind(bound, n))
		if err != nil {
			return nil, err
		}
		n++
		out, stored = append(append(out, before...), plain...), after
	}
	if out == nil {
		return stored, nil
	}
	return append(out, stored...), nil
}

// text opens one sealed text.
func (s *Sealer) text(stream domain.Stream, token, bound []byte) ([]byte, error) {
	kind, rest := token[0], token[1:]
	subject := ""
	if kind == client || kind == clientShown {
		id, sealed, found := bytes.Cut(rest, []byte{':'})
		if !found {
			return nil, errShape
		}
		subject, rest = domain.ClientStream(stream.Firm, domain.ClientID(id)).String(), sealed
	} else {
		subject = stream.String()
	}
	key, err := s.Keys.opens(subject)
	if err == nil && key != nil && subject != stream.String() && s.Keys.erased(stream.String()) {
		key = nil
	}
	if err != nil {
		return nil, err
	}
	if key == nil {
		return []byte(erased(kind == ownShown || kind == clientShown)), nil
	}
	sealed, err := base64.RawStdEncoding.AppendDecode(make([]byte, 0, len(rest)), rest)
	if err != nil {
		return nil, errShape
	}
	plain, err := key.Open(sealed[:0:0], nil, sealed, bound)
	if err != nil {
		return nil, fmt.Errorf("what the key of %s sealed does not open: the ledger or the keys were changed; restore both from the same backup: %w", subject, err)
	}
	return plain, nil
}

// Holds reports whether an event of that type says something that is sealed.
func Holds(e domain.Event) bool { return !types.of(e).empty() }
