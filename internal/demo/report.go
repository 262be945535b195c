package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"text/tabwriter"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/rig/practice"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
	"github.com/casehug/smokeball-sync/internal/wording"
	"github.com/casehug/smokeball-sync/projections"
)

// watch follows the views and prints what changes.
type watch struct {
	*demo
	said map[domain.SyncID]domain.Status
	mute bool
}

// newWatch starts after the syncs that an earlier demo has already printed.
func newWatch(d *demo) (*watch, map[domain.MatterID]projections.MatterRow, error) {
	w := &watch{demo: d, said: map[domain.SyncID]domain.Status{}, mute: true}
	rows, err := w.look()
	w.mute = false
	return w, rows, err
}

// until returns when the matters are as wanted, and prints the progress of syncs meanwhile.
func (w *watch) until(ctx context.Context, what string, wanted func(map[domain.MatterID]projections.MatterRow) bool) error {
	for {
		_, moved := w.engine.Views().Changes()
		rows, err := w.look()
		if err != nil || wanted(rows) {
			return err
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("waited in vain until %s: %w", what, ctx.Err()), w.why(rows))
		}
	}
}

// look reads the matters and prints the syncs that changed.
func (w *watch) look() (map[domain.MatterID]projections.MatterRow, error) {
	page, err := w.engine.Views().Syncs.History(demoFirm, projections.HistoryQuery{Limit: 500})
	if err != nil {
		return nil, err
	}
	slices.Reverse(page.Entries)
	for _, e := range page.Entries {
		if !w.mute && w.said[e.ID] != e.Status && (e.Status.Ended() || e.Status == domain.Waiting) {
			w.say("%-7s %-18s %s%s", e.Matter, e.Trigger, e.Status, because(e))
		}
		w.said[e.ID] = e.Status
	}
	list, _, err := w.engine.Views().Matters.Matters(demoFirm, projections.MatterQuery{Limit: 500})
	rows := map[domain.MatterID]projections.MatterRow{}
	for _, r := range list {
		rows[r.ID] = r
	}
	return rows, err
}

func because(e projections.Entry) string {
	switch {
	case e.Error != nil:
		return ": " + e.Error.Message
	case e.Smokeball.Matter != "":
		return " → Smokeball matter " + string(e.Smokeball.Matter)
	}
	return ""
}

// why returns what unfinished matters wait for.
func (w *watch) why(rows map[domain.MatterID]projections.MatterRow) error {
	var err error
	for id, r := range rows {
		if r.Failure != nil {
			message, remedy := wording.Failure(*r.Failure)
			err = errors.Join(err, fmt.Errorf("%s is %s: %s %s", id, r.Status, message, remedy))
		}
	}
	return err
}

// report prints what happened and compares its counts with those of Smokeball.
func (d *demo) report(table bool) error {
	rows, _, err := d.engine.Views().Matters.Matters(demoFirm, projections.MatterQuery{Limit: 500})
	if err != nil {
		return err
	}
	slices.SortFunc(rows, func(a, b projections.MatterRow) int { return cmp.Compare(a.ID, b.ID) })
	if table {
		if err := d.table(rows); err != nil {
			return err
		}
	}
	state := d.smokeball.State()
	there := count(state.Accounts[slices.IndexFunc(state.Accounts, func(a smokeballsim.AccountState) bool { return a.ID == demoAccount })])
	d.say("Smokeball has the practice's %d matters, %d contacts and %d files; %d calls, %d of them over the limit.",
		there.Matters, there.Contacts, there.Files, d.smokeball.Counts().Calls(), d.smokeball.Counts().TooMany)
	if want := practice.Wanted(); there != want {
		return fmt.Errorf("the demo expected %d matters, %d contacts and %d files in Smokeball", want.Matters, want.Contacts, want.Files)
	}
	return nil
}

// count leaves out what others published for the firm meanwhile.
func count(a smokeballsim.AccountState) (n practice.Tally) {
	ours := map[string]bool{}
	for _, m := range a.Matters {
		if slices.ContainsFunc(practice.Matters(), func(p domain.MatterData) bool { return string(p.ID) == m.ExternalSystemID }) {
			ours[m.ID] = true
			n.Matters++
		}
	}
	emails := practice.Emails()
	for _, k := range a.Contacts {
		if emails[k.Email] {
			n.Contacts++
		}
	}
	for _, f := range a.Files {
		if ours[f.MatterID] {
			n.Files++
		}
	}
	return n
}

func (d *demo) table(rows []projections.MatterRow) error {
	fmt.Fprintln(d.out)
	t := tabwriter.NewWriter(d.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "MATTER\tNUMBER\tNAME\tSTATUS\tSMOKEBALL MATTER\tCONTACT\tFILES\tLAST SYNC")
	for _, r := range rows {
		files := 0
		for _, doc := range r.Matter.Documents {
			if doc.Confirmed {
				files++
			}
		}
		m := r.Matter
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\n", r.ID, m.Data.CaseNumber, m.Data.Title, m.Smokeball.Sent.Status,
			m.Smokeball.ID, m.Contacts[m.Data.Client.ID], files, r.Status)
	}
	fmt.Fprintln(t)
	return t.Flush()
}
