package erasure

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// shelf is where a list of erasures is kept: a ledger's erasures, and a file.
type shelf struct {
	mu      sync.Mutex
	ledger  []string // the erasures that it has, by their matters
	file    []string // nil: there is none
	made    int      // the time of the list in the file; it counts the lists that were made
	lists   int
	writes  int
	broken  error // what reading or writing fails with
	foreign error
	changed chan struct{}
	log     bytes.Buffer
}

// Write writes to the log.
func (s *shelf) Write(line []byte) (int, error) {
	defer s.locked()()
	return s.log.Write(line)
}

func (s *shelf) locked() (end func()) {
	s.mu.Lock()
	return s.mu.Unlock
}

// move tells that the ledger has another event.
func (s *shelf) move() {
	defer s.locked()()
	close(s.changed)
	s.changed = make(chan struct{})
}

// erase adds an erasure to the ledger.
func (s *shelf) erase(matter string) {
	end := s.locked()
	s.ledger = append(s.ledger, matter)
	end()
	s.move()
}

// breaks lets writing fail; nil: it works again.
func (s *shelf) breaks(err error) {
	defer s.locked()()
	s.broken = err
}

func listOf(made int, matters []string) domain.ErasureList {
	l := domain.ErasureList{Made: time.Unix(int64(made), 0), Position: uint64(made)}
	for _, m := range matters {
		s := domain.EraseSubject{Matter: domain.MatterID(m)}
		l.Entries = append(l.Entries, domain.ErasureEntry{Firm: firm, ID: domain.EraseIDOf(firm, s), Erasure: domain.Erasure{Subject: s}})
	}
	return l
}

func matters(l []domain.ErasureEntry) (list []string) {
	list = []string{}
	for _, e := range l {
		list = append(list, string(e.Subject.Matter))
	}
	return list
}

// keeps is the shelf's list file.
func (s *shelf) keeps() *ListFile {
	s.changed = make(chan struct{})
	return &ListFile{Path: "erasures.json", Log: slog.New(slog.NewTextHandler(s, nil)),
		List: func(context.Context) (domain.ErasureList, error) {
			defer s.locked()()
			s.lists++
			return listOf(s.lists, s.ledger), nil
		},
		Newest: func() (map[Ref]eventstore.Seq, error) {
			defer s.locked()()
			list := map[Ref]eventstore.Seq{}
			for i, m := range s.ledger {
				list[Ref{firm, domain.EraseID(m)}] = eventstore.Seq(i + 1)
			}
			return list, nil
		},
		Changed: func() <-chan struct{} {
			defer s.locked()()
			return s.changed
		},
		Read: func() (*domain.ErasureList, error) {
			defer s.locked()()
			if s.file == nil || s.foreign != nil {
				return nil, s.foreign
			}
			l := listOf(s.made, s.file)
			return &l, nil
		},
		Write: func(l domain.ErasureList) error {
			defer s.locked()()
			if s.broken != nil {
				return s.broken
			}
			s.writes++
			s.file, s.made = matters(l.Entries), int(l.Made.Unix())
			return nil
		},
		Again: func(_ context.Context, lost []domain.ErasureEntry) (int, error) {
			defer s.locked()()
			s.ledger = append(s.ledger, matters(lost)...)
			return len(lost), s.broken
		}}
}

// TestTheListIsNeverOlderThanTheFile: given what ledger and file have, when the engine compares them, then
// the file has all erasures of both, and so has the ledger.
func TestTheListIsNeverOlderThanTheFile(t *testing.T) {
	for name, c := range map[string]struct {
		ledger, file []string
		both         []string
		writes       int
	}{
		"nothing was erased, and there is no file": {nil, nil, []string{}, 1},
		"an erasure, and no file":                  {[]string{"m_1"}, nil, []string{"m_1"}, 1},
		"the file is as the ledger says":           {[]string{"m_1"}, []string{"m_1"}, []string{"m_1"}, 0},
		"killed before the list was written":       {[]string{"m_1", "m_2"}, []string{"m_1"}, []string{"m_1", "m_2"}, 1},
		"the ledger was put back from a copy":      {[]string{"m_1"}, []string{"m_1", "m_2"}, []string{"m_1", "m_2"}, 0},
		"the ledger was put back and went on":      {[]string{"m_1", "m_3"}, []string{"m_1", "m_2"}, []string{"m_1", "m_3", "m_2"}, 1},
	} {
		s := &shelf{ledger: c.ledger, file: c.file}
		k := s.keeps()
		for range 2 { // the second is told by rows that show what the first has taken over
			if err := k.keep(t.Context(), false); err != nil && !errors.Is(err, ErrBusy) {
				t.Fatalf("%s: %v", name, err)
			}
		}
		slices.Sort(s.file)
		slices.Sort(c.both)
		if !slices.Equal(s.file, c.both) || s.writes != c.writes {
			t.Errorf("%s: the file has %v after %d writes, want %v after %d", name, s.file, s.writes, c.both, c.writes)
		}
		if slices.Sort(s.ledger); !slices.Equal(append([]string{}, s.ledger...), c.both) {
			t.Errorf("%s: the ledger has %v, want %v", name, s.ledger, c.both)
		}
		if kept := k.Kept(); kept.Err != nil || kept.Erasures != len(c.both) || kept.Made.IsZero() {
			t.Errorf("%s: it stands as %+v", name, kept)
		}
	}
}

// TestAFileOfAnotherIsLeftAlone: what this engine has not signed it does not replace, and says so.
func TestAFileOfAnotherIsLeftAlone(t *testing.T) {
	s := &shelf{ledger: []string{"m_1"}, file: []string{"m_2"}, foreign: errors.New("another engine's")}
	k := s.keeps()
	if err := k.keep(t.Context(), false); !errors.Is(err, s.foreign) || !errors.Is(k.Kept().Err, s.foreign) || s.writes != 0 || len(s.ledger) != 1 {
		t.Errorf("%v, %+v, %d writes, the ledger has %v", err, k.Kept(), s.writes, s.ledger)
	}
}

// TestARenewedListSaysThatNothingWasErasedSince: after a backup the list is newer than it.
func TestARenewedListSaysThatNothingWasErasedSince(t *testing.T) {
	s := &shelf{ledger: []string{"m_1"}}
	k := s.keeps()
	if err := k.keep(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	made := k.Kept().Made
	if err := k.keep(t.Context(), false); err != nil || s.writes != 1 || s.lists != 1 {
		t.Fatalf("where nothing changed: %v, %d writes, %d lists", err, s.writes, s.lists)
	}
	if err := k.Renew(t.Context()); err != nil || s.writes != 2 || !k.Kept().Made.After(made) {
		t.Errorf("renewed: %v, %d writes, made at %v after %v", err, s.writes, k.Kept().Made, made)
	}
}

// TestAListThatCanNotBeWrittenIsTriedAgain: the file is written as soon as it can be, with what was erased
// meanwhile; it is not tried at each event. The log says so at each try, and names no person.
func TestAListThatCanNotBeWrittenIsTriedAgain(t *testing.T) {
	full := errors.New("no space left on device")
	for name, begin := range map[string]func(t *testing.T, s *shelf, k *ListFile){
		"erased": func(_ *testing.T, s *shelf, _ *ListFile) { s.erase("m_2") },
		"renewed": func(t *testing.T, s *shelf, k *ListFile) {
			if err := k.Renew(t.Context()); !errors.Is(err, full) {
				t.Errorf("renewing says %v", err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &shelf{ledger: []string{"m_1"}}
				k := s.keeps()
				ctx, stop := context.WithCancel(t.Context())
				ended := make(chan error, 1)
				go func() { ended <- k.Run(ctx) }()
				synctest.Wait()
				s.wrote(t, 1)
				s.breaks(full)
				begin(t, s, k)
				time.Sleep(10 * time.Second)
				synctest.Wait()
				if !errors.Is(k.Kept().Err, full) {
					t.Errorf("it stands as %+v", k.Kept())
				}
				for range 100 { // events that erase nothing
					s.move()
					time.Sleep(2 * settle)
				}
				if n := strings.Count(s.logged(), "is not up to date"); n < 4 || n > 8 {
					t.Errorf("in 50 seconds it was tried %d times:\n%s", n, s.logged())
				}
				s.breaks(nil)
				time.Sleep(time.Minute)
				synctest.Wait()
				s.wrote(t, 2)
				if kept := k.Kept(); kept.Err != nil || !strings.Contains(s.logged(), "up to date again") {
					t.Errorf("it stands as %+v:\n%s", kept, s.logged())
				}
				stop()
				if err := <-ended; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestAnErasureIsListedAtOnce: Run writes when the ledger has changed, without a pause that a person would notice.
func TestAnErasureIsListedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		k := s.keeps()
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go func() { _ = k.Run(ctx) }()
		synctest.Wait()
		s.wrote(t, 1)
		s.erase("m_1")
		time.Sleep(settle)
		synctest.Wait()
		s.wrote(t, 2)
	})
}

// wrote requires so many writes, the last of which has all that the ledger has.
func (s *shelf) wrote(t *testing.T, writes int) {
	t.Helper()
	defer s.locked()()
	if s.writes != writes || fmt.Sprint(s.file) != fmt.Sprint(s.ledger) {
		t.Errorf("after %d writes, want %d, the file has %v and the ledger %v", s.writes, writes, s.file, s.ledger)
	}
}

func (s *shelf) logged() string {
	defer s.locked()()
	return s.log.String()
}
