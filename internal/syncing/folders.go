package syncing

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/casehug/smokeball-sync/domain"
)

// folderStep finds or makes the folders of documents.
type folderStep struct {
	attempt   *attempt
	link      *link
	smokeball Folders
	one       *monitor                              // one document's folders are found or made at a time
	unfiled   map[domain.DocumentID]*domain.Failure // documents that go to the matter's root, and why Smokeball refused their folder
}

// folder returns the Smokeball folder of a path such as Intake/Forms, and makes missing ones; ""
// for the matter's root.
func (s *folderStep) folder(ctx context.Context, path string) (domain.SmokeballID, result) {
	var parent domain.SmokeballID
	for _, part := range parts(path) {
		if r := s.folderIn(ctx, parent, part[0], part[1]); r.ends() {
			return "", r
		}
		parent = s.attempt.m.Folders[part[0]].ID
	}
	return parent, done
}

// put puts the file into its folder. A folder that Smokeball refuses holds back no document.
func (s *folderStep) put(ctx context.Context, id domain.DocumentID, draft *domain.FileDraft, path string) (r result) {
	if _, ok := s.unfiled[id]; ok {
		return done
	}
	s.exclusively(func() { draft.Folder, r = s.folder(ctx, path) })
	switch {
	case domain.IsNotThere(r.err):
		draft.FolderPath = path // folders can't be asked about here: Smokeball places the file by the path
		return done
	case refused(r.err) && domain.AsCallError(r.err).Failure.Code != domain.CodeMatterGone:
		s.noFolder(id, r.err)
		return done
	}
	return r
}

// exclusively works on folders while no other document's are worked on.
func (s *folderStep) exclusively(do func()) {
	leave := func() { s.one.free <- struct{}{} }
	s.attempt.monitor.outside(func() { <-s.one.free })
	defer leave()
	do()
}

// unfile makes the step announce a file, which Smokeball refused with its folder, again without
// the folder.
func (s *folderStep) unfile(id domain.DocumentID, draft domain.FileDraft, r result) result {
	if (draft.Folder == "" && draft.FolderPath == "") || !refused(r.err) || domain.AsCallError(r.err).Failure.Code == domain.CodeMatterGone {
		return r
	}
	s.noFolder(id, r.err)
	return again
}

func (s *folderStep) noFolder(id domain.DocumentID, err error) {
	if s.unfiled == nil {
		s.unfiled = map[domain.DocumentID]*domain.Failure{}
	}
	s.unfiled[id] = causeOf(err)
}

// warnedUnfiled warns of a document that went to the matter's root because its folder was refused.
func (s *folderStep) warnedUnfiled(ctx context.Context, d domain.DocumentData) error {
	why, ok := s.unfiled[d.ID]
	if !ok {
		return nil
	}
	return s.attempt.warn(ctx, domain.Warning{Code: domain.WarnFolderRefused, About: &domain.About{File: d.FileName, Value: s.path(d), Cause: why}})
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

// folderGone says why Smokeball refuses a file: a folder on its path may have been deleted
// there. Then the folder is forgotten, so that it is made again.
// used is the folder that the file was announced for: another document of this sync may have
// found out meanwhile that it is gone.
func (s *folderStep) folderGone(ctx context.Context, path string, used domain.SmokeballID, r result) (gone result) {
	ce := domain.AsCallError(r.err)
	if ce == nil || ce.Unsettled || (ce.Class != domain.Permanent && ce.Class != domain.Retryable) || ce.Failure.Code != domain.CodeSmokeballRefused {
		return r
	}
	s.exclusively(func() {
		if all := parts(path); used != "" && len(all) > 0 && s.attempt.m.Folders[all[len(all)-1][0]].ID != used {
			gone = again
			return
		}
		gone = s.whichIsGone(ctx, path, r)
	})
	return gone
}

// whichIsGone forgets the first folder on the path that Smokeball no longer has.
func (s *folderStep) whichIsGone(ctx context.Context, path string, r result) result {
	var parent domain.SmokeballID
	for _, part := range parts(path) {
		id := s.attempt.m.Folders[part[0]].ID
		if id == "" {
			return r
		}
		there, err := s.smokeball.Folders(ctx, s.attempt.firm, s.attempt.m.Smokeball.ID, parent)
		if err != nil {
			return fails(errors.Join(r.err, err))
		}
		if !slices.ContainsFunc(there, func(f domain.SmokeballFolder) bool { return f.ID == id }) {
			return fails(s.attempt.record(ctx, domain.FolderGone{Sync: s.attempt.current.Sync, Path: part[0], Folder: id})).or(again)
		}
		parent = id
	}
	return r
}

// folderIn finds or makes one folder of the path. Names may repeat in Smokeball, so
// it looks before it makes one, and remembers it.
func (s *folderStep) folderIn(ctx context.Context, parent domain.SmokeballID, path, name string) result {
	made := false // here, and Smokeball took it in
	return repeat(func() result {
		switch f := s.attempt.m.Folders[path]; {
		case f.ID != "":
			return done
		case f.Intent != nil:
			return s.lookAgain(ctx, parent, path, name, f.Intent.Request)
		case made:
			return fails(neverShown(name))
		}
		r := s.lookThenMake(ctx, parent, path, name)
		made = made || !r.ends()
		return r.or(again)
	})
}

// neverShown is the refusal of a folder that Smokeball accepted and never showed.
func neverShown(name string) error {
	return &domain.CallError{Op: "create folder", Class: domain.Permanent, Failure: domain.Failure{Code: domain.CodeSmokeballRefused, Fault: domain.FaultFolderNeverShown,
		About: &domain.About{Value: name}}}
}

// lookAgain settles a creation whose answer was lost, or that was accepted and is not there yet:
// files are added to what is there.
func (s *folderStep) lookAgain(ctx context.Context, parent domain.SmokeballID, path, name string, asked domain.RequestID) result {
	return search[domain.SmokeballID]{
		attempt: s.attempt,
		look:    func(ctx context.Context) (domain.SmokeballID, bool, error) { return s.find(ctx, parent, name) },
		open: func(context.Context) (bool, error) {
			i := s.attempt.m.Folders[path].Intent
			return i != nil && i.Request == asked, nil
		},
		found: func(ctx context.Context, id domain.SmokeballID) result {
			return s.resolve(ctx, path, id, true).or(again)
		},
		abandon: s.attempt.abandon(asked),
	}.run(ctx)
}

// lookThenMake takes the folder that is there, or makes one.
func (s *folderStep) lookThenMake(ctx context.Context, parent domain.SmokeballID, path, name string) result {
	found, ok, err := s.find(ctx, parent, name)
	switch {
	case err != nil:
		return fails(err)
	case ok:
		return s.resolve(ctx, path, found, false)
	}
	rid := s.attempt.request("folder", path)
	return creation[domain.SmokeballID]{
		intend: s.attempt.intend(func(m domain.Matter) ([]domain.Event, error) { return m.StartFolder(s.attempt.current, path, rid) }),
		call: func(ctx context.Context, intend Intend) (domain.SmokeballID, error) {
			return s.smokeball.CreateFolder(ctx, s.attempt.firm, s.attempt.m.Smokeball.ID, parent, name, rid, intend)
		},
		made:   func(context.Context, domain.SmokeballID) error { return nil }, // recorded when it is there
		undo:   s.attempt.undo(rid),
		failed: s.link.classify,
	}.ask(ctx)
}

func (s *folderStep) resolve(ctx context.Context, path string, id domain.SmokeballID, made bool) result {
	return fails(s.attempt.record(ctx, domain.FolderResolved{Sync: s.attempt.current.Sync, Path: path, Folder: id, Made: made}))
}

func (s *folderStep) find(ctx context.Context, parent domain.SmokeballID, name string) (domain.SmokeballID, bool, error) {
	list, err := s.smokeball.Folders(ctx, s.attempt.firm, s.attempt.m.Smokeball.ID, parent)
	for _, f := range list {
		if f.Name == name && (f.Parent == "" || f.Parent == parent || parent == "") {
			return f.ID, true, nil
		}
	}
	return "", false, err
}

// path is the folder that the firm chose for documents, else the document's own.
func (s *folderStep) path(d domain.DocumentData) string {
	return cmp.Or(s.attempt.settings.DocumentsFolder, d.Folder)
}
