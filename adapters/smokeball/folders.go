package smokeball

import (
	"context"
	"net/http"

	"github.com/casehug/smokeball-sync/domain"
)

type folder struct {
	ID       string `json:"id"`
	ParentID string `json:"parentId"`
	Name     string `json:"name"`
}

// listing is what one folder holds.
type listing struct {
	Folders []folder `json:"folders"`
	Files   []link   `json:"files"`
}

type newFolder struct {
	Name   string `json:"name"`
	Parent string `json:"parentFolderId,omitempty"`
}

func foldersPath(matter domain.SmokeballID, more ...string) []string {
	return append([]string{"matters", string(matter), "documents", "folders"}, more...)
}

// Folders are the folders of the matter right in parent; an empty parent is the
// matter's root. Pages count folders and files together.
func (c *Client) Folders(ctx context.Context, firm domain.FirmID, matter, parent domain.SmokeballID) ([]domain.SmokeballFolder, error) {
	k := get("list folders", nil, foldersPath(matter)...)
	if parent != "" {
		k = get("list folders", nil, foldersPath(matter, string(parent))...)
	}
	var all []domain.SmokeballFolder
	for offset, n := 0, 0; n < mostPages; n++ {
		var p page[listing]
		if err := c.do(ctx, firm, k.at(offset), &p); err != nil {
			return nil, err
		}
		held := 0
		for _, l := range p.Value.list {
			held += len(l.Folders) + len(l.Files)
			for _, f := range l.Folders {
				all = append(all, domain.SmokeballFolder{ID: domain.SmokeballID(f.ID), Parent: domain.SmokeballID(f.ParentID), Name: f.Name})
			}
		}
		offset += held
		if held == 0 || !p.more(offset) {
			return all, nil
		}
	}
	return nil, k.fault(domain.Permanent, domain.CodeSmokeballRefused, domain.FaultTooMany, errTooMany)
}

// CreateFolder asks for a folder in parent (empty: the matter's root) and returns the
// id that Smokeball reserved. Two calls make two folders, whatever their names.
func (c *Client) CreateFolder(ctx context.Context, firm domain.FirmID, matter, parent domain.SmokeballID, name string, rid domain.RequestID, intend func(context.Context) error) (domain.SmokeballID, error) {
	var accepted link
	err := c.do(ctx, firm, call{op: "create folder", method: http.MethodPost, path: foldersPath(matter),
		body: newFolder{Name: name, Parent: string(parent)}, request: rid, creates: true, intend: intend}, &accepted)
	if err != nil {
		return "", err
	}
	return accepted.target(), nil
}
