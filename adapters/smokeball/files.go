package smokeball

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/casehug/smokeball-sync/domain"
)

// newFile is the body that announces a file.
type newFile struct {
	FileName           string            `json:"fileName"`
	FolderID           string            `json:"folderId,omitempty"`
	FolderPath         string            `json:"folderPath,omitempty"`
	FileAdditionalData map[string]string `json:"fileAdditionalData,omitempty"`
}

// uploadInfo says where a file's bytes go.
type uploadInfo struct {
	FileID    string `json:"fileId"`
	UploadURL string `json:"uploadUrl"`
	Expiry    moment `json:"expiry"`
}

func (u *uploadInfo) check() error {
	if u.FileID == "" || u.UploadURL == "" {
		return errUnnamed
	}
	return nil
}

func (u uploadInfo) domain() domain.Upload {
	return domain.Upload{File: domain.SmokeballID(u.FileID), URL: u.UploadURL, Expiry: u.Expiry.Time}
}

// file is a file as Smokeball shows it.
type file struct {
	ID             string         `json:"id"`
	VersionID      string         `json:"versionId"`
	Name           string         `json:"name"`
	FileExtension  string         `json:"fileExtension"`
	Folder         link           `json:"folder"`
	SizeBytes      looseInt       `json:"sizeBytes"`
	AdditionalData map[string]any `json:"additionalData"`
	IsUploaded     bool           `json:"isUploaded"`
	IsCancelled    bool           `json:"isCancelled"`
	IsDeleted      bool           `json:"isDeleted"`
	DateModified   moment         `json:"dateModified"`
}

func (f *file) check() error {
	if f.ID == "" {
		return errUnnamed
	}
	return nil
}

func (f file) domain() domain.SmokeballFile {
	return domain.SmokeballFile{
		ID:        domain.SmokeballID(f.ID),
		VersionID: f.VersionID,
		Name:      f.Name,
		Extension: f.FileExtension,
		Folder:    f.Folder.target(),
		SizeBytes: int64(f.SizeBytes),
		Uploaded:  f.IsUploaded,
		Cancelled: f.IsCancelled,
		Deleted:   f.IsDeleted,
		Data:      plainData(f.AdditionalData),
		Modified:  f.DateModified.Time,
	}
}

// plainData is the additional data as texts; what is no text is its JSON.
func plainData(data map[string]any) map[string]string {
	if len(data) == 0 {
		return nil
	}
	plain := make(map[string]string, len(data))
	for key, value := range data {
		if text, ok := value.(string); ok {
			plain[key] = text
			continue
		}
		if text, err := json.Marshal(value); err == nil && value != nil {
			plain[key] = string(text)
		}
	}
	return plain
}

func filesPath(matter domain.SmokeballID, more ...string) []string {
	return append([]string{"matters", string(matter), "documents", "files"}, more...)
}

// AddFile announces a file of the matter and returns where its bytes go; see Upload. Two
// calls make two files, whatever their names. The name is cut as FileName does.
func (c *Client) AddFile(ctx context.Context, firm domain.FirmID, matter domain.SmokeballID, d domain.FileDraft, rid domain.RequestID, intend func(context.Context) error) (domain.Upload, error) {
	var info uploadInfo
	err := c.do(ctx, firm, call{
		op: "add file", method: http.MethodPost, path: filesPath(matter),
		body: newFile{FileName(d.Name), string(d.Folder), d.FolderPath, d.Data}, request: rid, creates: true, intend: intend,
	}, &info)
	if err != nil {
		return domain.Upload{}, err
	}
	return info.domain(), nil
}

// fileEdit is the body that renames a file. A folder that is left out would move it to the
// matter's root.
type fileEdit struct {
	FileName string `json:"fileName"`
	FolderID string `json:"folderId,omitempty"`
}

// RenameFile gives a file of the matter, which lies in folder, another name. The name is cut as
// FileName does; renamed is what was written.
func (c *Client) RenameFile(ctx context.Context, firm domain.FirmID, matter, file, folder domain.SmokeballID, name string, rid domain.RequestID) (renamed string, err error) {
	renamed = FileName(name)
	return renamed, c.do(ctx, firm, call{
		op: "rename file", method: http.MethodPatch, path: filesPath(matter, string(file)),
		body: fileEdit{renamed, string(folder)}, request: rid,
	}, nil)
}

// UploadURL is a fresh place for the bytes of a file that was announced before.
func (c *Client) UploadURL(ctx context.Context, firm domain.FirmID, matter, file domain.SmokeballID) (domain.Upload, error) {
	var info uploadInfo
	k := get("renew upload", nil, filesPath(matter, string(file), "upload")...)
	if err := c.do(ctx, firm, k, &info); err != nil {
		return domain.Upload{}, err
	}
	return info.domain(), nil
}

// Files are all files of the matter, cancelled and deleted ones among them.
func (c *Client) Files(ctx context.Context, firm domain.FirmID, matter domain.SmokeballID) ([]domain.SmokeballFile, error) {
	k := get("list files", nil, filesPath(matter)...)
	all, err := list(ctx, c.caller, firm, k, func(f file) string { return f.ID })
	if err != nil {
		return nil, err
	}
	files := make([]domain.SmokeballFile, len(all))
	for i, f := range all {
		files[i] = f.domain()
	}
	return files, nil
}

// File reads what Smokeball knows of one file, not its bytes.
func (c *Client) File(ctx context.Context, firm domain.FirmID, matter, id domain.SmokeballID) (domain.SmokeballFile, error) {
	var f file
	if err := c.do(ctx, firm, get("read file", nil, filesPath(matter, string(id))...), &f); err != nil {
		return domain.SmokeballFile{}, err
	}
	return f.domain(), nil
}
