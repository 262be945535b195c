package syncing

import (
	"context"
	"slices"

	"github.com/casehug/smokeball-sync/domain"
)

// tagStep adds CaseHug's tags.
type tagStep struct {
	attempt   *attempt
	link      *link
	confirm   *confirmStep
	smokeball Tags
}

// refused reports whether Smokeball refused a call in a way that a retry would not change.
func refused(err error) bool {
	ce := domain.AsCallError(err)
	return ce != nil && !ce.Unsettled && (ce.Class == domain.Permanent || ce.Class == domain.NotPermitted)
}

// causeOf returns a call's error in the form that a warning keeps.
func causeOf(err error) *domain.Failure { return reason(domain.AsCallError(err).Failure) }

// reason returns why something failed, without parts that differ from call to call, so that the
// same warning is recorded once.
func reason(f domain.Failure) *domain.Failure {
	if f.Message != "" {
		return &domain.Failure{Code: f.Code, Message: f.Message} // of an older ledger
	}
	if f.Smokeball != nil {
		said := *f.Smokeball
		said.RequestID = ""
		f.Smokeball = &said
	}
	return &f
}

// do adds CaseHug's tags that Smokeball's matter does not have from us, where the firm
// requires them. Those that people set or removed there stay as they are. Tags that Smokeball
// refuses hold nothing back.
func (s *tagStep) do(ctx context.Context) result {
	missing := without(domain.Tags(s.attempt.m.Data.Tags), s.attempt.m.Tags)
	if len(missing) == 0 || !s.attempt.settings.SyncTags {
		return done
	}
	r := s.add(ctx, missing)
	if !refused(r.err) || domain.AsCallError(r.err).Failure.Code == domain.CodeMatterGone {
		return r
	}
	return fails(s.attempt.warn(ctx, domain.Warning{Code: domain.WarnTagsRefused, About: &domain.About{Fields: missing, Cause: causeOf(r.err)}}))
}

func (s *tagStep) add(ctx context.Context, missing []string) result {
	if r := s.confirm.matter(ctx); r.ends() { // tags are set on a matter that is there
		return r
	}
	var there []string
	if !s.attempt.m.Current.Created { // a matter of our own making has none yet
		var err error
		if there, err = s.smokeball.Tags(ctx, s.attempt.firm, s.attempt.m.Smokeball.ID); err != nil {
			return s.link.classify(ctx, err)
		}
	}
	if add := without(missing, there); len(add) > 0 {
		if err := s.smokeball.AddTags(ctx, s.attempt.firm, s.attempt.m.Smokeball.ID, add, s.attempt.request("tags")); err != nil {
			return s.link.classify(ctx, err)
		}
	}
	return fails(s.attempt.record(context.WithoutCancel(ctx), domain.MatterTagged{Sync: s.attempt.current.Sync, Matter: s.attempt.m.Smokeball.ID, Tags: append(slices.Clone(s.attempt.m.Tags), missing...)}))
}

// without are the tags of a that are not in b, whatever their case.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(x string) bool {
		return slices.ContainsFunc(b, func(y string) bool { return domain.SameText(x, y) })
	})
}
