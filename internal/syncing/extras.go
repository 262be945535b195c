package syncing

import (
	"context"
	"fmt"
	"slices"

	"github.com/casehug/smokeball-sync/domain"
)

// responsible is the Smokeball staff member whom CaseHug names as responsible, or ""
// with a warning where Smokeball has nobody of that e-mail address.
func (t *turn) responsible(ctx context.Context) (string, error) {
	email := t.m.Data.ResponsibleEmail
	if email == "" {
		return "", nil
	}
	id, err := t.Smokeball.StaffByEmail(ctx, t.firm, email)
	if err != nil || id != "" {
		return id, err
	}
	w := domain.Warning{Code: "responsible_not_found", Message: fmt.Sprintf("Smokeball has no staff member with the e-mail address %s; nobody was set as responsible", email)}
	return "", t.warn(ctx, w)
}

// warn records a warning, once in a sync.
func (t *turn) warn(ctx context.Context, w domain.Warning) error {
	if slices.Contains(t.m.Current.Warnings, w) {
		return nil
	}
	return t.record(ctx, domain.SyncWarned{Sync: t.Sync, Warning: w})
}

// textCleaned warns of characters that were taken out of what CaseHug sent.
func (t *turn) textCleaned(ctx context.Context) error {
	if w := t.m.Data.TextCleaned(); w != nil {
		return t.warn(ctx, *w)
	}
	return nil
}

// tags adds CaseHug's tags that Smokeball's matter does not have from us. Those that
// people set or removed there stay as they are.
func (t *turn) tags(ctx context.Context) error {
	missing := without(t.m.Data.Tags, t.m.Tags)
	if len(missing) == 0 {
		return nil
	}
	if err := t.confirmMatter(ctx); err != nil { // tags are set on a matter that is there
		return err
	}
	var there []string
	if !t.m.Current.Created { // a matter of our own making has none yet
		var err error
		if there, err = t.Smokeball.Tags(ctx, t.firm, t.m.Smokeball.ID); err != nil {
			return t.within(ctx, err)
		}
	}
	if add := without(missing, there); len(add) > 0 {
		if err := t.Smokeball.AddTags(ctx, t.firm, t.m.Smokeball.ID, add, t.request("tags")); err != nil {
			return t.within(ctx, err)
		}
	}
	return t.record(context.WithoutCancel(ctx), domain.MatterTagged{Sync: t.Sync, Matter: t.m.Smokeball.ID, Tags: append(slices.Clone(t.m.Tags), missing...)})
}

// without are the words of a that are not in b, each once.
func without(a, b []string) []string {
	var rest []string
	for _, x := range a {
		if !slices.Contains(b, x) && !slices.Contains(rest, x) {
			rest = append(rest, x)
		}
	}
	return rest
}
