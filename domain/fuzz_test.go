package domain_test

import (
	"bytes"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

// FuzzUnmarshal tells that no stored bytes make the catalogue panic, and that what it
// reads it also writes, the same each time.
func FuzzUnmarshal(f *testing.F) {
	for _, e := range samples() {
		name, data, err := domain.Marshal(e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(name, data)
	}
	f.Add("matter.invented.v1", []byte("{}"))
	f.Add("matter.created.v1", []byte(`{"matter":null}`))
	f.Add("deadletter.recorded.v1", []byte(`{"body":"?"}`))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		e, err := domain.Unmarshal(name, data)
		if err != nil {
			return
		}
		name1, first, err := domain.Marshal(e)
		if err != nil || name1 != name {
			t.Fatalf("read as %+v, which is stored as %s: %v", e, name1, err)
		}
		again, err := domain.Unmarshal(name, first)
		if err != nil {
			t.Fatalf("its own form %s is refused: %v", first, err)
		}
		if _, second, err := domain.Marshal(again); err != nil || !bytes.Equal(first, second) {
			t.Fatalf("stored as %s, then as %s, %v", first, second, err)
		}
	})
}

// FuzzParseStream tells that a name which is read is written the same.
func FuzzParseStream(f *testing.F) {
	for _, name := range []string{"matter.f_oak.m_1001", "connection.f_oak", "matter", "a.b.c.d", "..", "matter.f_oak.", "mätter.f.m", "account.~.a1", "~.0", "a.~.~"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		s, err := domain.ParseStream(name)
		if err != nil {
			return
		}
		if s.String() != name {
			t.Fatalf("%q is read as %+v, which is %q", name, s, s)
		}
		if !domain.ValidID(string(s.Kind)) || (s.Firm != domain.Nobody && !domain.ValidID(string(s.Firm))) || (s.ID != "" && !domain.ValidID(s.ID)) {
			t.Fatalf("%q is read as %+v, which holds no ids", name, s)
		}
	})
}
