package smokeballsim

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// fileOut is a file as it is read.
type fileOut struct {
	hyper
	ID             string         `json:"id"`
	VersionID      string         `json:"versionId"`
	Folder         *link          `json:"folder,omitempty"`
	Matter         *link          `json:"matter,omitempty"`
	Name           string         `json:"name"`          // without extension
	FileExtension  string         `json:"fileExtension"` // with its dot
	OwnerID        string         `json:"ownerId,omitempty"`
	DateCreated    dateTime       `json:"dateCreated"`
	DateModified   dateTime       `json:"dateModified"`
	SizeBytes      int64          `json:"sizeBytes"`
	DownloadInfo   *link          `json:"downloadInfo,omitempty"`
	AdditionalData map[string]any `json:"additionalData,omitempty"`
	IsFavorite     bool           `json:"isFavorite"`
	IsUploaded     bool           `json:"isUploaded"`
	IsCancelled    bool           `json:"isCancelled"`
	IsDuplicate    bool           `json:"isDuplicate"`
	IsDeleted      bool           `json:"isDeleted"`
}

func (s *views) viewFile(m *matter, f *file) fileOut {
	at := "/matters/" + m.ID + "/documents/"
	return fileOut{
		hyper: s.self(at+"files", f.ID), ID: f.ID, VersionID: f.Version,
		Folder: s.optional(at+"folders", f.Folder), Matter: s.optional("/matters", m.ID),
		Name: f.Name, FileExtension: f.Extension, OwnerID: f.Owner,
		DateCreated: f.Created, DateModified: f.Modified, SizeBytes: f.Current.Size,
		DownloadInfo:   &link{ID: f.ID, Href: s.url + at + "files/" + f.ID + "/download", Method: "GET"},
		AdditionalData: maps.Clone(f.Additional), IsFavorite: f.Favorite,
		IsUploaded: f.Current.SHA256 != "", IsCancelled: f.Cancelled, IsDeleted: f.Deleted,
	}
}

func getFile(c *call) (reply, *problem) {
	m, f, p := c.findFile()
	if p != nil {
		return reply{}, p
	}
	return ok(c.viewFile(m, f)), nil
}

func listFiles(c *call) (reply, *problem) {
	m, p := c.findMatter()
	if p != nil {
		return reply{}, p
	}
	terms, p := parseSearch(c.query["search"], "query", "fileextension")
	if p != nil {
		return reply{}, p
	}
	by, p := parseSort(c.query.one("Sort"), "datecreated")
	if p != nil {
		return reply{}, p
	}
	found := m.Files.where(func(f *file) bool {
		return !slices.ContainsFunc(terms, func(t term) bool { return !t.finds(f) })
	})
	if by.field == "" {
		by.field = "datecreated"
	}
	sortBy(found, by, map[string]func(a, b *file) int{"datecreated": olderFirst})
	return listed(c, found, func(f *file) fileOut { return c.viewFile(m, f) })
}

func olderFirst(a, b *file) int {
	if n := a.Created.in(time.UTC).Compare(b.Created.in(time.UTC)); n != 0 {
		return n
	}
	return a.Born.Compare(b.Born)
}

// finds reports whether a file satisfies one search term: a query matches any part of the name,
// an extension matches with or without its dot.
func (t term) finds(f *file) bool {
	if t.field == "fileextension" {
		return t.holds(f.Extension, strings.TrimPrefix(f.Extension, "."))
	}
	t.value = "*" + t.value + "*"
	return t.holds(f.Name + f.Extension)
}

func uploadAgain(c *call) (reply, *problem) {
	m, f, p := c.findFile()
	if p != nil {
		return reply{}, p
	}
	return ok(c.openUpload(m, f)), nil
}

// downloadInfo is the address from which a file's bytes are downloaded.
type downloadInfo struct {
	FileID        string   `json:"fileId"`
	Name          string   `json:"name"`
	FileExtension string   `json:"fileExtension"`
	DownloadURL   string   `json:"downloadUrl"`
	Expiry        dateTime `json:"expiry"`
	SizeBytes     int64    `json:"sizeBytes"`
}

func downloadFile(c *call) (reply, *problem) {
	m, f, p := c.findFile()
	if p != nil {
		return reply{}, p
	}
	if f.Current.SHA256 == "" {
		return reply{}, missing("content of file", f.ID)
	}
	body, p := f.versionNamed(c.query.one("versionId"))
	if p != nil {
		return reply{}, p
	}
	url, ends := c.openTransfer("/_download/", transfer{origin: c.origin(), Matter: m.ID, File: f.ID, Content: body})
	return ok(downloadInfo{f.ID, f.Name, f.Extension, url, utc(ends), body.Size}), nil
}

// versionNamed finds the content of a version; "" is the current one.
func (f *file) versionNamed(id string) (content, *problem) {
	if id == "" || id == f.Version {
		return f.Current, nil
	}
	for _, b := range f.Contents {
		if b.Version == id {
			return b, nil
		}
	}
	return content{}, invalid("versionId", "The file has no version %q.", id)
}
