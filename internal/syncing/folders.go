package syncing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// folder is the Smokeball folder of a path such as Intake/Forms, made where it is not
// there; "" for the matter's root.
func (t *attempt) folder(ctx context.Context, path string) (domain.SmokeballID, error) {
	var parent domain.SmokeballID
	for _, part := range parts(path) {
		id, err := t.folderIn(ctx, parent, part[0], part[1])
		if err != nil {
			return "", err
		}
		parent = id
	}
	return parent, nil
}

// file puts the file into its folder. A folder that Smokeball refuses holds back no document.
func (t *attempt) file(ctx context.Context, id domain.DocumentID, draft *domain.FileDraft, path string) (err error) {
	if _, ok := t.unfiled[id]; ok {
		return nil
	}
	switch draft.Folder, err = t.folder(ctx, path); {
	case domain.IsNotThere(err):
		draft.FolderPath = path // folders can't be asked about here: Smokeball places the file by the path
		return nil
	case refused(err) && domain.AsCallError(err).Failure.Code != domain.CodeMatterGone:
		t.noFolder(id, err)
		return nil
	}
	return err
}

// unfile tells that a file which Smokeball refused together with its folder is announced once
// more without (ErrTaken).
func (t *attempt) unfile(id domain.DocumentID, draft domain.FileDraft, err error) error {
	if (draft.Folder == "" && draft.FolderPath == "") || !refused(err) || domain.AsCallError(err).Failure.Code == domain.CodeMatterGone {
		return err
	}
	t.noFolder(id, err)
	return domain.ErrTaken
}

func (t *attempt) noFolder(id domain.DocumentID, err error) {
	if t.unfiled == nil {
		t.unfiled = map[domain.DocumentID]string{}
	}
	t.unfiled[id] = domain.AsCallError(err).Failure.Message
}

// warnedUnfiled warns of a document that went to the matter's root because its folder was refused.
func (t *attempt) warnedUnfiled(ctx context.Context, d domain.DocumentData) error {
	why, ok := t.unfiled[d.ID]
	if !ok {
		return nil
	}
	return t.warn(ctx, domain.Warning{Code: "folder_refused", Message: fmt.Sprintf(
		"“%s” is in the matter in Smokeball, but not in the folder “%s”. It said: %s. Move it there, or name another folder under Settings → Integrations → Smokeball",
		d.FileName, t.path(d), strings.TrimSuffix(why, "."))})
}

// parts are the paths of the folders that lead to a path, the outermost first, each with its
// name.
func parts(path string) (list [][2]string) {
	whole := ""
	for name := range strings.SplitSeq(path, "/") {
		if name = strings.TrimSpace(name); name != "" {
			whole += "/" + name
			list = append(list, [2]string{strings.TrimPrefix(whole, "/"), name})
		}
	}
	return list
}

// folderGone tells why Smokeball refuses a file: a folder on its path may have been deleted
// there. Then the folder is forgotten, so that it is made again (ErrTaken).
func (t *attempt) folderGone(ctx context.Context, path string, err error) error {
	ce := domain.AsCallError(err)
	if ce == nil || ce.Unsettled || (ce.Class != domain.Permanent && ce.Class != domain.Retryable) || ce.Failure.Code != domain.CodeSmokeballRefused {
		return err
	}
	var parent domain.SmokeballID
	for _, part := range parts(path) {
		id := t.m.Folders[part[0]].ID
		if id == "" {
			return err
		}
		there, e := t.Smokeball.Folders(ctx, t.firm, t.m.Smokeball.ID, parent)
		if e != nil {
			return errors.Join(err, e)
		}
		if !slices.ContainsFunc(there, func(f domain.SmokeballFolder) bool { return f.ID == id }) {
			return orTaken(t.record(ctx, domain.FolderGone{Sync: t.Sync, Path: part[0], Folder: id}))
		}
		parent = id
	}
	return err
}

// folderIn finds or makes one folder of the path. Names may repeat in Smokeball, so
// it looks before it makes one, and remembers it.
func (t *attempt) folderIn(ctx context.Context, parent domain.SmokeballID, path, name string) (domain.SmokeballID, error) {
	var until time.Time      // how long one that was asked for is looked for
	var asked *domain.Intent // under which it was
	made := false            // here, and Smokeball took it in
	for {
		f := t.m.Folders[path]
		switch {
		case f.ID != "":
			return f.ID, nil
		case made && f.Intent == nil:
			return "", neverShown(name)
		}
		if f.Intent != nil && (asked == nil || *asked != *f.Intent) {
			until, asked = t.lookUntil(), f.Intent
		}
		err := t.findFolder(ctx, parent, path, name, f.Intent, until)
		if err != nil && !errors.Is(err, domain.ErrTaken) {
			return "", err
		}
		made = made || (err == nil && f.Intent == nil)
	}
}

// neverShown is the refusal of a folder that Smokeball took in and then did not make.
func neverShown(name string) error {
	return &domain.CallError{Op: "create folder", Class: domain.Permanent, Failure: domain.Failure{Code: domain.CodeSmokeballRefused,
		Message: "Smokeball took the folder “" + name + "” in and never showed it."}}
}

func (t *attempt) findFolder(ctx context.Context, parent domain.SmokeballID, path, name string, intent *domain.Intent, until time.Time) error {
	found, err := t.lookForFolder(ctx, parent, name)
	switch {
	case err != nil && intent != nil && t.passesBy(err, until):
		return t.pause(ctx, lookPause)
	case err != nil:
		return err
	case found != "":
		return t.record(ctx, domain.FolderResolved{Sync: t.Sync, Path: path, Folder: found, Made: intent != nil})
	case intent == nil:
		return t.makeFolder(ctx, parent, path, name)
	case t.Now().Before(until):
		return t.pause(ctx, lookPause)
	}
	return t.abandon(ctx, intent.Request)
}

// lookPause is the time between two looks for a folder that was asked for.
const lookPause = time.Second

func (t *attempt) lookForFolder(ctx context.Context, parent domain.SmokeballID, name string) (domain.SmokeballID, error) {
	list, err := t.Smokeball.Folders(ctx, t.firm, t.m.Smokeball.ID, parent)
	for _, f := range list {
		if f.Name == name && (f.Parent == "" || f.Parent == parent || parent == "") {
			return f.ID, nil
		}
	}
	return "", err
}

// makeFolder asks for the folder, whose intent is recorded right before. Where Smokeball
// accepts it, looking goes on until it is there: files are added to what is there.
func (t *attempt) makeFolder(ctx context.Context, parent domain.SmokeballID, path, name string) error {
	rid := t.request("folder", path)
	_, err := t.Smokeball.CreateFolder(ctx, t.firm, t.m.Smokeball.ID, parent, name, rid, t.intend(func(m domain.Matter) ([]domain.Event, error) {
		return m.StartFolder(t.Attempt, path, rid)
	}))
	if ce := domain.AsCallError(err); ce != nil && !ce.Unsettled {
		err = errors.Join(err, t.undo(ctx, rid, ce))
	}
	return t.classifyMissing(ctx, err)
}
