package syncing

import (
	"cmp"
	"context"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/eventstore"
)

// recordFile decides to read a file that a webhook named, or the files of the matter where it
// names none, unless a call of ours caused it or the matter is not linked.
func (r Webhooks) recordFile(ctx context.Context, f domain.FirmID, w domain.SmokeballWebhookReceived) error {
	if w.Own {
		return nil
	}
	matter, err := r.matterOfFile(ctx, f, w)
	if matter == "" || err != nil {
		return err
	}
	n := domain.ActivityNoticed{Origin: w.Origin, Kind: domain.File, Resource: cmp.Or(w.Resource, matter), Matter: matter, Changed: w.Changed, People: w.IsOfPeople()}
	_, _, err = eventstore.Execute(ctx, r.Ledger, r.Now, domain.ActivityStream(f, n.Resource),
		func(a domain.Activities) ([]domain.Event, error) { return a.Notice(n), nil })
	return err
}

// matterOfFile is the linked matter that a webhook about files is about, "" where none is: the one
// that it names, or that its resource is, or that has the file from us.
func (r Webhooks) matterOfFile(ctx context.Context, f domain.FirmID, w domain.SmokeballWebhookReceived) (domain.SmokeballID, error) {
	id, err := r.Routes.MatterFor(f, "", cmp.Or(w.Matter, w.Resource))
	if id == "" || err != nil {
		return "", err
	}
	m, _, err := eventstore.Load[domain.Matter](ctx, r.Ledger, domain.MatterStream(f, id))
	return m.Smokeball.ID, err
}

// filesWith are the unread files of the same matter as u, u among them: one call reads them all.
func filesWith(list []domain.UnreadActivity, u domain.UnreadActivity) (files []domain.UnreadActivity) {
	for _, other := range list {
		if other.Firm == u.Firm && other.Notice.Kind == domain.File && other.Notice.Matter == u.Notice.Matter {
			files = append(files, other)
		}
	}
	return files
}

// recently is how much earlier than a webhook says a file may say that it changed.
const recently = 10 * time.Minute

// readFiles looks at files of one matter and records what people did with them.
func (a Activities) readFiles(ctx, calls context.Context, unread []domain.UnreadActivity) (position uint64, err error) {
	first := unread[0]
	found, err := a.filesOf(calls, first.Firm, unread)
	if err != nil {
		return 0, err
	}
	matter, err := a.Views.MatterOf(first.Firm, first.Notice.Matter)
	if err != nil {
		return 0, err
	}
	named := map[domain.SmokeballID]bool{}
	for _, u := range unread {
		named[u.Notice.Resource] = true
	}
	for _, u := range unread {
		if u.Notice.Resource == u.Notice.Matter {
			if err := a.findFiles(ctx, u, matter, found, named); err != nil {
				return 0, err
			}
			if err := a.missFiles(ctx, u, matter, found); err != nil {
				return 0, err
			}
		}
		at, err := a.recordFile(ctx, u, matter, found[u.Notice.Resource])
		if err != nil {
			return 0, err
		}
		position = max(position, at)
	}
	return position, nil
}

// filesOf reads one file, or all of the matter where there are more.
func (a Activities) filesOf(ctx context.Context, f domain.FirmID, unread []domain.UnreadActivity) (map[domain.SmokeballID]domain.SmokeballFile, error) {
	found := map[domain.SmokeballID]domain.SmokeballFile{}
	n := unread[0].Notice
	var list []domain.SmokeballFile
	var err error
	if len(unread) == 1 && n.Resource != n.Matter {
		list = make([]domain.SmokeballFile, 1)
		list[0], err = a.Smokeball.File(ctx, f, n.Matter, n.Resource)
	} else {
		list, err = a.Smokeball.Files(ctx, f, n.Matter)
	}
	if err != nil && !gone(err) {
		return nil, err
	}
	for _, file := range list {
		found[file.ID] = file
	}
	return found, nil
}

// recordFile records what a read showed of a file that a webhook named: of a document's file on
// its matter too.
func (a Activities) recordFile(ctx context.Context, u domain.UnreadActivity, matter domain.MatterID, shown domain.SmokeballFile) (uint64, error) {
	n := u.Notice
	if shown.ID == "" {
		shown = domain.SmokeballFile{ID: n.Resource, Deleted: true, Uploaded: true}
	}
	is, old, err := a.seeFile(ctx, u, matter, shown)
	if err != nil {
		return 0, err
	}
	_, head, err := eventstore.Execute(ctx, a.Ledger, a.Now, domain.ActivityStream(u.Firm, n.Resource),
		func(known domain.Activities) ([]domain.Event, error) {
			return known.LookAtFile(n, matter, is, old), nil
		})
	return uint64(head.Seq), err
}

// findFiles records what a list shows of files that no webhook named: those that changed about
// when the webhook says, and those of documents.
func (a Activities) findFiles(ctx context.Context, u domain.UnreadActivity, matter domain.MatterID, found map[domain.SmokeballID]domain.SmokeballFile, named map[domain.SmokeballID]bool) error {
	for id, file := range found {
		if named[id] {
			continue
		}
		is, old, err := a.seeFile(ctx, u, matter, file)
		if err != nil {
			return err
		}
		if is.Document != "" || file.Modified.Before(u.Notice.Changed.Add(-recently)) {
			continue
		}
		_, _, err = eventstore.Execute(ctx, a.Ledger, a.Now, domain.ActivityStream(u.Firm, id),
			func(known domain.Activities) ([]domain.Event, error) {
				return known.FindFile(matter, is, false, old), nil
			})
		if err != nil {
			return err
		}
	}
	return nil
}

// seeFile records of a document's file whether it is there. old: the file may have been there
// before the matter was linked.
func (a Activities) seeFile(ctx context.Context, u domain.UnreadActivity, matter domain.MatterID, shown domain.SmokeballFile) (is domain.Activity, old bool, err error) {
	n := u.Notice
	is = shown.Activity(n.Matter, "")
	if matter == "" {
		return is, false, nil
	}
	m, _, err := eventstore.Load[domain.Matter](ctx, a.Ledger, domain.MatterStream(u.Firm, matter))
	if err != nil {
		return is, false, err
	}
	d, ours := m.DocumentOf(shown)
	if !ours {
		return is, !m.Smokeball.Made, nil
	}
	is.Document = d.Data.ID
	_, _, err = eventstore.Execute(ctx, a.Ledger, a.Now, domain.MatterStream(u.Firm, matter),
		func(now domain.Matter) ([]domain.Event, error) {
			return now.SeeFile(d.Data.ID, shown.ID, is.Deleted, n.Proof(), changedIn(n)), nil
		})
	return is, false, err
}

// changedIn is when the file that the notice names changed; zero where it names none.
func changedIn(n domain.ActivityNoticed) time.Time {
	if n.Resource == n.Matter {
		return time.Time{}
	}
	return n.Changed
}

// missFiles records of documents' files that a list no longer has that they are removed.
func (a Activities) missFiles(ctx context.Context, u domain.UnreadActivity, matter domain.MatterID, found map[domain.SmokeballID]domain.SmokeballFile) error {
	if matter == "" {
		return nil
	}
	m, _, err := eventstore.Load[domain.Matter](ctx, a.Ledger, domain.MatterStream(u.Firm, matter))
	if err != nil || m.Smokeball.ID != u.Notice.Matter {
		return err
	}
	for _, d := range m.Documents {
		if _, listed := found[d.File]; listed || d.File == "" {
			continue
		}
		_, _, err := eventstore.Execute(ctx, a.Ledger, a.Now, domain.MatterStream(u.Firm, matter),
			func(now domain.Matter) ([]domain.Event, error) {
				return now.SeeFile(d.Data.ID, d.File, true, u.Notice.Proof(), time.Time{}), nil
			})
		if err != nil {
			return err
		}
	}
	return nil
}
