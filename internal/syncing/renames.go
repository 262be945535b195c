package syncing

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/casehug/smokeball-sync/domain"
)

// renames gives the files of documents that CaseHug calls otherwise since the new name. What
// Smokeball refuses is warned of, in each sync, and offered again when a person asks.
func (t *attempt) renames(ctx context.Context) error {
	for _, d := range t.m.Documents {
		switch {
		case !d.Misnamed() || !d.Uploaded:
			continue
		case t.m.NameRefused(d) && !t.m.Current.Wanted:
			if err := t.warn(ctx, misnamed(d, "it was refused before, and nobody has asked to try it again")); err != nil {
				return err
			}
			continue
		}
		if err := t.rename(ctx, d.Data.ID); err != nil {
			return err
		}
	}
	return nil
}

func (t *attempt) rename(ctx context.Context, id domain.DocumentID) error {
	if d, _ := t.m.Document(id); !d.Confirmed { // a file is renamed that is there
		if err := t.confirmFile(ctx, id); err != nil {
			return err
		}
	}
	d, _ := t.m.Document(id)
	if !d.Confirmed || !d.Misnamed() {
		return nil // approved again, or refused meanwhile: that is another attempt's
	}
	err := t.renameFile(ctx, d)
	if why := unnamed(err); why != "" {
		name := domain.FileName(d.Data.FileName, d.Data.ContentType)
		return t.record(ctx, domain.SyncWarned{Sync: t.Sync, Warning: misnamed(d, why), Field: domain.FileNameField(id), Value: name})
	}
	return err
}

// renameFile renames the document's file and waits until Smokeball shows the name. The file
// stays in the folder that it lies in, wherever people have moved it. A kill in between renames
// it again, which changes nothing.
func (t *attempt) renameFile(ctx context.Context, d domain.Document) error {
	start, matter := t.Now(), t.m.Smokeball.ID
	f, err := t.Smokeball.File(ctx, t.firm, matter, d.File)
	if domain.IsNotThere(err) || (err == nil && f.Deleted) {
		return errors.Join(t.lookAt(ctx), errFileDeleted)
	}
	if err != nil {
		return err
	}
	name := domain.FileName(d.Data.FileName, d.Data.ContentType)
	renamed := domain.FileRenamed{Sync: t.Sync, Document: d.Data.ID, File: d.File, Was: d.Called, FileName: name}
	if f.Name+f.Extension != name {
		renamed.Request = t.request("rename", string(d.Data.ID))
		shown, err := t.Smokeball.RenameFile(ctx, t.firm, matter, d.File, f.Folder, name, renamed.Request)
		if err != nil {
			return t.classifyMissing(ctx, err)
		}
		if err := t.showName(ctx, d, shown, renamed.Request); err != nil {
			return err
		}
	}
	renamed.DurationMS = t.since(start)
	return t.record(context.WithoutCancel(ctx), renamed)
}

// showName waits until Smokeball shows the file under the name.
func (t *attempt) showName(ctx context.Context, d domain.Document, name string, r domain.RequestID) error {
	return t.await(ctx, awaited{what: "name of the file", id: d.File, request: r, since: t.Now(),
		told: func(context.Context) (bool, error) { return false, nil },
		refused: func(_ context.Context, message string) error {
			return &domain.CallError{Op: "rename file", Class: domain.Permanent, Failure: domain.LateRefusal("the name", message, r)}
		},
		look: func(ctx context.Context) (bool, error) {
			f, err := t.Smokeball.File(ctx, t.firm, t.m.Smokeball.ID, d.File)
			return err == nil && f.Name+f.Extension == name, err
		}})
}

// misfiled warns, once, of documents that were approved again for another folder. Their files
// stay where they lie, for people may have moved them.
func (t *attempt) misfiled(ctx context.Context) error {
	for _, d := range t.m.Documents {
		if !t.m.Misfiled(d, t.settings) || !d.Uploaded {
			continue
		}
		path := d.Data.FolderPath()
		w := domain.Warning{Code: "document_folder_kept", Message: fmt.Sprintf(
			"“%s” was approved again for the folder “%s”, and was sent for “/%s” before. Its file stays in the folder where it lies in Smokeball. Move it there, if it belongs in the other one", d.Data.FileName, path, *d.Filed)}
		if err := t.record(ctx, domain.SyncWarned{Sync: t.Sync, Warning: w, Field: domain.FolderField(d.Data.ID), Value: path}); err != nil {
			return err
		}
	}
	return nil
}

// errFileDeleted says that people deleted the file of a document in Smokeball.
var errFileDeleted = errors.New("syncing: the file was deleted in Smokeball")

// unnamed is why a file can't be renamed, "" where that is not what err says.
func unnamed(err error) string {
	ce := domain.AsCallError(err)
	switch {
	case ce == nil && errors.Is(err, errFileDeleted):
		return "the file was deleted there"
	case ce == nil || ce.Failure.Code == domain.CodeMatterGone:
		return ""
	case refused(err) || missing(err):
		return strings.TrimSuffix(ce.Failure.Message, ".")
	}
	return ""
}

// misnamed warns that a document's file keeps its name.
func misnamed(d domain.Document, why string) domain.Warning {
	return domain.Warning{Code: "file_not_renamed", Message: fmt.Sprintf(
		"“%s” is still called “%s” in Smokeball: %s. Rename it in Smokeball, or click “Sync to Smokeball” on the matter to try it again", d.Data.FileName, d.Called, why)}
}
