package syncing

import (
	"context"
	"errors"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// renameStep renames files whose documents CaseHug renamed.
type renameStep struct {
	attempt   *attempt
	link      *link
	confirm   *confirmStep
	watch     *watcher
	smokeball FileNames
}

// do renames the files of documents that CaseHug renamed. If Smokeball refuses a name, each sync
// warns, and a sync that a person requests tries again.
func (s *renameStep) do(ctx context.Context) result {
	for _, d := range s.attempt.m.Documents {
		switch {
		case !d.Misnamed() || !d.Uploaded:
			continue
		case d.NameRefused(s.attempt.m.Refused) && !s.attempt.m.Current.Wanted:
			if err := s.attempt.warn(ctx, misnamed(d, domain.About{Why: domain.WhyRefusedBefore})); err != nil {
				return fails(err)
			}
			continue
		}
		if r := s.rename(ctx, d.Data.ID); r.ends() {
			return r
		}
	}
	return fails(s.misfiled(ctx))
}

func (s *renameStep) rename(ctx context.Context, id domain.DocumentID) result {
	if d, _ := s.attempt.m.Document(id); !d.Confirmed { // only a confirmed file can be renamed
		if r := s.confirm.file(ctx, id); r.ends() {
			return r
		}
	}
	d, _ := s.attempt.m.Document(id)
	if !d.Confirmed || !d.Misnamed() {
		return done // approved again, or refused meanwhile: another attempt handles it
	}
	r := s.renameFile(ctx, d)
	if why, ok := unnamed(r.err); ok {
		name := domain.FileName(d.Data.FileName, d.Data.ContentType)
		return fails(s.attempt.record(ctx, domain.SyncWarned{Sync: s.attempt.current.Sync, Warning: misnamed(d, why), Field: domain.FileNameField(id), Value: name}))
	}
	return r
}

// renameFile renames the document's file and waits until Smokeball shows the name. The file
// stays in its folder, also if people moved it there. After a kill the file is renamed a second
// time, which changes nothing.
func (s *renameStep) renameFile(ctx context.Context, d domain.Document) result {
	start, matter := s.attempt.now(), s.attempt.m.Smokeball.ID
	f, err := s.smokeball.File(ctx, s.attempt.firm, matter, d.File)
	if domain.IsNotThere(err) || (err == nil && f.Deleted) {
		return s.link.look(ctx).or(fails(errFileDeleted))
	}
	if err != nil {
		return fails(err)
	}
	name := domain.FileName(d.Data.FileName, d.Data.ContentType)
	renamed := domain.FileRenamed{Sync: s.attempt.current.Sync, Document: d.Data.ID, File: d.File, Was: d.Called, FileName: name}
	if f.Name+f.Extension != name {
		renamed.Request = s.attempt.request("rename", string(d.Data.ID))
		shown, err := s.smokeball.RenameFile(ctx, s.attempt.firm, matter, d.File, f.Folder, name, renamed.Request)
		if err != nil {
			return s.link.classify(ctx, err)
		}
		if r := s.showName(ctx, d, shown, renamed.Request); r.ends() {
			return r
		}
	}
	renamed.DurationMS = s.attempt.since(start)
	return fails(s.attempt.record(context.WithoutCancel(ctx), renamed))
}

// showName waits until Smokeball shows the file under the name.
func (s *renameStep) showName(ctx context.Context, d domain.Document, name string, r domain.RequestID) result {
	return s.watch.await(ctx, awaited{what: domain.ThingName, id: d.File, request: r, since: s.attempt.now(),
		recorded: func(context.Context) (bool, error) { return false, nil },
		refused: func(_ context.Context, message string) error {
			return &domain.CallError{Op: "rename file", Class: domain.Permanent, Failure: domain.LateRefusal(domain.ThingName, message, r)}
		},
		hinted: func(_ context.Context, about domain.Webhooks) (time.Time, error) { return about.Last, nil },
		look: func(ctx context.Context) (bool, result) {
			f, err := s.smokeball.File(ctx, s.attempt.firm, s.attempt.m.Smokeball.ID, d.File)
			return err == nil && f.Name+f.Extension == name, fails(err)
		}})
}

// misfiled warns once about documents that were approved again for another folder. Their files
// stay where they are, because people may have moved them.
func (s *renameStep) misfiled(ctx context.Context) error {
	for _, d := range s.attempt.m.Documents {
		if !d.Misfiled(s.attempt.m.Refused, s.attempt.settings) || !d.Uploaded {
			continue
		}
		path := d.Data.FolderPath()
		w := domain.Warning{Code: domain.WarnFolderKept, About: &domain.About{File: d.Data.FileName, Value: path, Was: *d.Filed}}
		if err := s.attempt.record(ctx, domain.SyncWarned{Sync: s.attempt.current.Sync, Warning: w, Field: domain.FolderField(d.Data.ID), Value: path}); err != nil {
			return err
		}
	}
	return nil
}

// errFileDeleted says that people deleted the file of a document in Smokeball.
var errFileDeleted = errors.New("syncing: the file was deleted in Smokeball")

// unnamed is the reason why a file can't be renamed; ok is false if err has another meaning.
func unnamed(err error) (why domain.About, ok bool) {
	ce := domain.AsCallError(err)
	switch {
	case ce == nil && errors.Is(err, errFileDeleted):
		return domain.About{Why: domain.WhyDeleted}, true
	case ce == nil || ce.Failure.Code == domain.CodeMatterGone:
		return why, false
	case refused(err) || missing(err):
		return domain.About{Cause: causeOf(err)}, true
	}
	return why, false
}

// misnamed warns that a document's file keeps its name.
func misnamed(d domain.Document, why domain.About) domain.Warning {
	why.File, why.Was = d.Data.FileName, d.Called
	return domain.Warning{Code: domain.WarnFileNotRenamed, About: &why}
}
