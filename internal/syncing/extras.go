package syncing

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/casehug/smokeball-sync/domain"
)

// responsible is the Smokeball staff member whom CaseHug names as responsible, "" for
// nobody. Where Smokeball has no such person who works there, whoever it was told before
// stays, with a warning.
func (t *attempt) responsible(ctx context.Context) (string, error) {
	email := domain.Text(t.m.Data.ResponsibleEmail)
	if email == "" {
		return "", nil
	}
	id, err := t.Smokeball.StaffByEmail(ctx, t.firm, email)
	why := "Smokeball has no staff member with the e-mail address " + email + ", or that person is disabled there"
	if refused(err) {
		why, err = "Smokeball refused to say who has the e-mail address "+email+": "+domain.AsCallError(err).Failure.Message, nil
	}
	if err != nil || id != "" {
		return id, err
	}
	return t.m.Smokeball.Sent.ResponsibleStaffID, t.warn(ctx, domain.Warning{Code: "responsible_not_found", Message: why + "; nobody was set as responsible"})
}

// refused reports whether Smokeball refused a call, so that the same would be refused again.
func refused(err error) bool {
	ce := domain.AsCallError(err)
	return ce != nil && !ce.Unsettled && (ce.Class == domain.Permanent || ce.Class == domain.NotPermitted)
}

// warn records a warning, once in a sync.
func (t *attempt) warn(ctx context.Context, w domain.Warning) error {
	if slices.Contains(t.m.Current.Warnings, w) {
		return nil
	}
	return t.record(ctx, domain.SyncWarned{Sync: t.Sync, Warning: w})
}

// textCleaned warns of characters that were taken out of what CaseHug sent.
func (t *attempt) textCleaned(ctx context.Context) error {
	if w := t.m.Data.TextCleaned(); w != nil {
		return t.warn(ctx, *w)
	}
	return nil
}

// tags adds CaseHug's tags that Smokeball's matter does not have from us, where the firm
// requires them. Those that people set or removed there stay as they are. Tags that Smokeball
// refuses hold nothing back.
func (t *attempt) tags(ctx context.Context) error {
	missing := without(domain.Tags(t.m.Data.Tags), t.m.Tags)
	if len(missing) == 0 || !t.settings.SyncTags {
		return nil
	}
	err := t.addTags(ctx, missing)
	if !refused(err) || domain.AsCallError(err).Failure.Code == domain.CodeMatterGone {
		return err
	}
	return t.warn(ctx, domain.Warning{Code: "tags_refused", Message: fmt.Sprintf(
		"Smokeball refused the tags %s; everything else was sent. It said: %s", strings.Join(missing, ", "), domain.AsCallError(err).Failure.Message)})
}

func (t *attempt) addTags(ctx context.Context, missing []string) error {
	if err := t.confirmMatter(ctx); err != nil { // tags are set on a matter that is there
		return err
	}
	var there []string
	if !t.m.Current.Created { // a matter of our own making has none yet
		var err error
		if there, err = t.Smokeball.Tags(ctx, t.firm, t.m.Smokeball.ID); err != nil {
			return t.classifyMissing(ctx, err)
		}
	}
	if add := without(missing, there); len(add) > 0 {
		if err := t.Smokeball.AddTags(ctx, t.firm, t.m.Smokeball.ID, add, t.request("tags")); err != nil {
			return t.classifyMissing(ctx, err)
		}
	}
	return t.record(context.WithoutCancel(ctx), domain.MatterTagged{Sync: t.Sync, Matter: t.m.Smokeball.ID, Tags: append(slices.Clone(t.m.Tags), missing...)})
}

// without are the tags of a that are not in b, whatever their case.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(x string) bool {
		return slices.ContainsFunc(b, func(y string) bool { return domain.SameText(x, y) })
	})
}
