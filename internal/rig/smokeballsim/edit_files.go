package smokeballsim

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

// AddFile puts a file into a matter as a person in Smokeball does, visible at once with its bytes,
// and returns its id.
func (s *Server) AddFile(matterID, name string, body []byte) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.accounts {
		m, found := a.Matters.get(matterID)
		if !found {
			continue
		}
		if p := checkFileName(name); p != nil {
			return "", fmt.Errorf("add file: %w", p)
		}
		now, from := time.Now(), s.person(a)
		f := &file{ID: s.chance.id(), Matter: m.ID, Version: s.chance.id(), Owner: from.User, Created: utc(now), Modified: utc(now), Born: now}
		f.rename(name)
		sum := sha256.Sum256(body)
		f.Contents = []content{{Size: int64(len(body)), SHA256: hex.EncodeToString(sum[:])}}
		m.Files.reserve(f.ID, f)
		s.land(write{origin: from, Kind: "File", Verb: "make", Matter: m.ID, ID: f.ID})
		s.land(write{origin: from, Kind: "File", Verb: "fill", Matter: m.ID, ID: f.ID, Body: encoded(0)})
		return f.ID, s.commit()
	}
	return "", fmt.Errorf("add file: %w", missing("matter", matterID))
}

// RenameFile renames a file as a person in Smokeball does.
func (s *Server) RenameFile(id, name string) error {
	if p := checkFileName(name); p != nil {
		return fmt.Errorf("rename file %s: %w", id, p)
	}
	return s.touchFile(id, "edit", func(f *file) []byte { return encoded(fileEdit{FileName: name, FolderID: f.Folder}) })
}

// RemoveFile removes a file as a person in Smokeball does; RestoreFile puts it back.
func (s *Server) RemoveFile(id string) error {
	return s.touchFile(id, "delete", func(*file) []byte { return nil })
}

// RestoreFile puts a removed file back as a person in Smokeball does.
func (s *Server) RestoreFile(id string) error {
	return s.touchFile(id, "restore", func(*file) []byte { return nil })
}

func (s *Server) touchFile(id, verb string, body func(*file) []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.accounts {
		for m := range a.Matters.all() {
			if f, found := m.Files.get(id); found {
				s.land(write{origin: s.person(a), Kind: "File", Verb: verb, Matter: m.ID, ID: id, Body: body(f)})
				return s.commit()
			}
		}
	}
	return fmt.Errorf("%s file %s: %w", verb, id, missing("file", id))
}

func (l *landing) restoreFile(f *file) error {
	f.Deleted = false
	l.changedFile(f)
	return nil
}
