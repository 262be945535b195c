package smokeballsim

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// folder holds files of a matter. Names need not be unique.
type folder struct{ ID, Parent, Name string }

type folderIn struct {
	Name     string `json:"name"`
	ParentID string `json:"parentFolderId"`
	UserID   string `json:"userId"`
}

type folderOut struct {
	hyper
	ID       string `json:"id"`
	ParentID string `json:"parentId,omitempty"`
	Name     string `json:"name"`
}

// folderListing is what a folder holds.
type folderListing struct {
	Folders []folderOut `json:"folders"`
	Files   []fileOut   `json:"files"`
}

// folderPage is a folder's content with the folder's own name.
type folderPage struct {
	page[folderListing]
	ParentID string `json:"parentId,omitempty"`
	Name     string `json:"name,omitempty"`
}

func createFolder(c *call) (reply, *problem) {
	m, p := c.findMatter()
	if p != nil {
		return reply{}, p
	}
	in, p := c.readFolder(m)
	if p != nil {
		return reply{}, p
	}
	f := &folder{ID: c.chance.id(), Parent: in.ParentID, Name: in.Name}
	m.Folders.reserve(f.ID, f)
	return c.accept(c.writeIn(m, "Folder", "make", f.ID, nil)), nil
}

func (l *landing) showFolder(f *folder) error {
	l.home.Folders.show(f.ID)
	return nil
}

func (c *call) readFolder(m *matter) (folderIn, *problem) {
	var in folderIn
	if p := strict(c.body, &in); p != nil {
		return in, p
	}
	if n := utf8.RuneCountInString(in.Name); n < 1 || n > 256 {
		return in, invalid("name", "A folder's name has 1 to 256 characters.")
	}
	if in.ParentID != "" && !m.Folders.known(in.ParentID) {
		return in, invalid("parentFolderId", "No folder has the id %q.", in.ParentID)
	}
	return in, nil
}

// folderFor returns the folder of a new file: the one of its path, whose missing parts are
// made, or the one of its folder id, or the root.
func (c *call) folderFor(m *matter, in fileIn) (string, *problem) {
	if in.FolderPath == "" {
		if in.FolderID != "" && !m.Folders.known(in.FolderID) {
			return "", invalid("folderId", "No folder has the id %q.", in.FolderID)
		}
		return in.FolderID, nil
	}
	at := ""
	for name := range strings.SplitSeq(strings.Trim(in.FolderPath, "/"), "/") {
		if name == "" {
			return "", invalid("folderPath", "The path %q holds an empty name.", in.FolderPath)
		}
		at = c.childFolder(m, at, name)
	}
	return at, nil
}

func (c *call) childFolder(m *matter, parent, name string) string {
	for f := range m.Folders.all() {
		if f.Parent == parent && strings.EqualFold(f.Name, name) {
			return f.ID
		}
	}
	id := c.chance.id()
	m.Folders.add(id, &folder{id, parent, name})
	return id
}

func getRootFolder(c *call) (reply, *problem) {
	m, p := c.findMatter()
	if p != nil {
		return reply{}, p
	}
	return c.folderReply(m, &folder{})
}

func getFolder(c *call) (reply, *problem) {
	m, f, p := c.findFolder()
	if p != nil {
		return reply{}, p
	}
	return c.folderReply(m, f)
}

func (c *call) findFolder() (*matter, *folder, *problem) {
	m, p := c.findMatter()
	if p != nil {
		return nil, nil, p
	}
	f, found := m.Folders.get(c.id("folderId"))
	if !found {
		return nil, nil, missing("folder", c.id("folderId"))
	}
	return m, f, nil
}

// folderReply pages over the entries of a folder: its folders first, then its files.
func (c *call) folderReply(m *matter, f *folder) (reply, *problem) {
	in := folderListing{[]folderOut{}, []fileOut{}}
	folders := m.Folders.where(func(sub *folder) bool { return sub.Parent == f.ID })
	files := m.Files.where(func(doc *file) bool { return doc.Folder == f.ID && !doc.Deleted })
	entries, p := pageOf(c, slices.Repeat([]int{0}, len(folders)+len(files)), func(int) int { return 0 })
	if p != nil {
		return reply{}, p
	}
	end := entries.Offset + len(entries.Value)
	for i := entries.Offset; i < end; i++ {
		if i < len(folders) {
			in.Folders = append(in.Folders, c.viewFolder(m, folders[i]))
		} else {
			in.Files = append(in.Files, c.viewFile(m, files[i-len(folders)]))
		}
	}
	return ok(folderPage{page[folderListing]{
		hyper: entries.hyper, Value: []folderListing{in}, Offset: entries.Offset, Limit: entries.Limit, Size: entries.Size,
		First: entries.First, Previous: entries.Previous, Next: entries.Next, Last: entries.Last,
	}, f.Parent, f.Name}), nil
}

func (s *views) viewFolder(m *matter, f *folder) folderOut {
	return folderOut{s.self("/matters/"+m.ID+"/documents/folders", f.ID), f.ID, f.Parent, f.Name}
}

func editFolder(c *call) (reply, *problem) {
	m, f, p := c.findFolder()
	if p != nil {
		return reply{}, p
	}
	in, p := c.readFolder(m)
	if p != nil {
		return reply{}, p
	}
	if m.within(in.ParentID, f.ID) {
		return reply{}, invalid("parentFolderId", "A folder cannot lie in itself.")
	}
	return c.accept(c.writeIn(m, "Folder", "edit", f.ID, in)), nil
}

func (l *landing) editFolder(f *folder) error {
	var in folderIn
	if err := l.read(&in); err != nil {
		return err
	}
	f.Name, f.Parent = in.Name, in.ParentID
	return nil
}

// within reports whether the folder id is top or one of its descendants.
func (m *matter) within(id, top string) bool {
	for range len(m.Folders.order) + 1 {
		if id == "" || id == top {
			break
		}
		f := m.Folders.slots[id]
		if f == nil {
			return false
		}
		id = f.value.Parent
	}
	return id == top
}

func deleteFolder(c *call) (reply, *problem) {
	m, f, p := c.findFolder()
	if p != nil {
		return reply{}, p
	}
	return c.accept(c.writeIn(m, "Folder", "delete", f.ID, nil)), nil
}
