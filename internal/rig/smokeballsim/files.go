package smokeballsim

import (
	"maps"
	"path"
	"time"
	"unicode/utf8"
)

// file is a document of a matter. Its bytes arrive separately, at a pre-signed address.
type file struct {
	ID, Matter         string
	Version            string
	Name, Extension    string // the extension carries its dot
	Folder, Owner      string
	Created, Modified  dateTime
	Born               time.Time
	Additional         map[string]any
	Favorite           bool
	Cancelled, Deleted bool
	Current            content   // what readers see
	Contents           []content // every upload, oldest first, seen or not
}

// fileIn is a new file as it is written.
type fileIn struct {
	FileName       string         `json:"fileName"`
	FolderID       string         `json:"folderId"`
	UserID         string         `json:"userId"`
	FolderPath     string         `json:"folderPath"`
	AdditionalData map[string]any `json:"fileAdditionalData"`
	DateCreated    dateTime       `json:"dateCreated"`
	DateModified   dateTime       `json:"dateModified"`
}

// fileEdit is what PUT and PATCH write.
type fileEdit struct {
	FileName       string         `json:"fileName"`
	FolderID       string         `json:"folderId"`
	UserID         string         `json:"userId"`
	AdditionalData map[string]any `json:"fileAdditionalData"`
	IsFavorite     *bool          `json:"isFavorite"`
}

// uploadInfo is the address to which a file's bytes are uploaded.
type uploadInfo struct {
	FileID    string   `json:"fileId"`
	UploadURL string   `json:"uploadUrl"`
	Expiry    dateTime `json:"expiry"`
}

func (c *call) findFile() (*matter, *file, *problem) {
	m, p := c.findMatter()
	if p != nil {
		return nil, nil, p
	}
	f, found := m.Files.get(c.id("fileId"))
	if !found {
		return nil, nil, missing("file", c.id("fileId"))
	}
	return m, f, nil
}

func addFile(c *call) (reply, *problem) {
	m, p := c.findMatter()
	if p != nil {
		return reply{}, p
	}
	var in fileIn
	if p := strict(c.body, &in); p != nil {
		return reply{}, p
	}
	f, p := c.newFile(m, in)
	if p != nil {
		return reply{}, p
	}
	c.makeFile(m, f)
	return reply{202, c.openUpload(m, f)}, nil
}

// addFiles makes several files at once, all or none.
func addFiles(c *call) (reply, *problem) {
	m, p := c.findMatter()
	if p != nil {
		return reply{}, p
	}
	var in []fileIn
	if p := strict(c.body, &in); p != nil {
		return reply{}, p
	}
	var made []*file
	for _, one := range in {
		f, p := c.newFile(m, one)
		if p != nil {
			return reply{}, p
		}
		made = append(made, f)
	}
	infos := []uploadInfo{}
	for _, f := range made {
		c.makeFile(m, f)
		infos = append(infos, c.openUpload(m, f))
	}
	return reply{202, infos}, nil
}

func (c *call) newFile(m *matter, in fileIn) (*file, *problem) {
	if p := checkFileName(in.FileName); p != nil {
		return nil, p
	}
	folder, p := c.folderFor(m, in)
	if p != nil {
		return nil, p
	}
	now := time.Now()
	f := &file{
		ID: c.chance.id(), Matter: m.ID, Version: c.chance.id(), Folder: folder, Owner: c.user,
		Created: utc(now), Modified: utc(now), Born: now, Additional: maps.Clone(in.AdditionalData),
	}
	f.rename(in.FileName)
	if in.UserID != "" {
		f.Owner = in.UserID
	}
	if in.DateCreated != "" {
		f.Created = in.DateCreated
	}
	if in.DateModified != "" {
		f.Modified = in.DateModified
	}
	return f, nil
}

func checkFileName(name string) *problem {
	switch extension := path.Ext(name); {
	case name == "":
		return invalid("fileName", "The file name is missing.")
	case utf8.RuneCountInString(name) > 256:
		return invalid("fileName", "The file name is longer than 256 characters.")
	case extension == "" || extension == "." || extension == name:
		return invalid("fileName", "The file name needs an extension.")
	}
	return nil
}

func (f *file) rename(name string) {
	f.Extension = path.Ext(name)
	f.Name = name[:len(name)-len(f.Extension)]
}

// makeFile reserves a file, which becomes visible later.
func (c *call) makeFile(m *matter, f *file) {
	m.Files.reserve(f.ID, f)
	c.expectBytes(f)
	c.settle(c.writeIn(m, "File", "make", f.ID, nil))
}

// expectBytes schedules the cancellation of a file that has no bytes when its upload address
// expires.
func (s *transfers) expectBytes(f *file) {
	s.later(time.Until(f.Born.Add(s.config.UploadLifetime)), func() bool {
		f.Cancelled = len(f.Contents) == 0
		return f.Cancelled
	})
}

func (l *landing) showFile(f *file) error {
	l.home.Files.show(f.ID)
	return nil
}

func editFile(c *call) (reply, *problem) {
	m, f, p := c.findFile()
	if p != nil {
		return reply{}, p
	}
	var in fileEdit
	if p := strict(c.body, &in); p != nil {
		return reply{}, p
	}
	if p := checkFileName(in.FileName); p != nil {
		return reply{}, p
	}
	if in.FolderID != "" && !m.Folders.known(in.FolderID) {
		return reply{}, invalid("folderId", "No folder has the id %q.", in.FolderID)
	}
	c.settle(c.writeIn(m, "File", "edit", f.ID, in))
	return reply{202, c.openUpload(m, f)}, nil
}

func (f *file) apply(in fileEdit) {
	f.rename(in.FileName)
	f.Folder = in.FolderID
	if in.AdditionalData != nil {
		f.Additional = in.AdditionalData
	}
	if in.IsFavorite != nil {
		f.Favorite = *in.IsFavorite
	}
}

func deleteFile(c *call) (reply, *problem) {
	m, f, p := c.findFile()
	if p != nil {
		return reply{}, p
	}
	return c.accept(c.writeIn(m, "File", "delete", f.ID, nil)), nil
}

func (l *landing) editFile(f *file) error {
	var in fileEdit
	if err := l.read(&in); err != nil {
		return err
	}
	f.apply(in)
	l.changedFile(f)
	return nil
}

func (l *landing) deleteFile(f *file) error {
	f.Deleted = true
	l.changedFile(f)
	return nil
}

func (l *landing) changedFile(f *file) {
	f.Version, f.Modified = l.chance.id(), utc(time.Now())
	l.tell("files.updated", l.viewFile(l.home, f))
}
