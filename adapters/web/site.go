package web

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/casehug/smokeball-sync/domain"
)

// site is what every handler stands on.
type site struct {
	Config
	origin   string // of PublicURL, without a path
	secure   bool   // PublicURL is https
	operator [sha256.Size]byte
	csp      string
	forms    *http.CrossOriginProtection
	pages    pages
	assets   map[string]asset
	refused  *prometheus.CounterVec // by code
	limits   *limits
	bodies   *bodies
	hooks    *bodies
}

func newSite(c Config, public *url.URL) (*site, error) {
	s := &site{
		Config:   c,
		origin:   public.Scheme + "://" + public.Host,
		secure:   public.Scheme == "https",
		operator: sha256.Sum256([]byte(c.OperatorToken)),
		forms:    http.NewCrossOriginProtection(),
		refused:  newRefused(),
		limits:   &limits{},
		bodies:   &bodies{share: mostFromOne},
		hooks:    &bodies{share: mostToOne},
	}
	if err := c.Registry.Register(s.refused); err != nil {
		return nil, err
	}
	if err := s.forms.AddTrustedOrigin(s.origin); err != nil {
		return nil, err
	}
	var err error
	if s.csp, err = contentPolicy(s.origin, c.ConsentURL); err != nil {
		return nil, err
	}
	if s.assets, err = readAssets(); err != nil {
		return nil, err
	}
	s.pages, err = parsePages(c.Now)
	return s, err
}

// answerTimeout is how long a call waits for the views to reach a ledger position.
const answerTimeout = 5 * time.Second

// catchUp waits until the views include the position; a caller who waited in vain
// gets a problem that says when to ask again.
func (s *site) catchUp(ctx context.Context, position uint64) error {
	if position == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	err := s.Views.Wait(ctx, position)
	if errors.Is(err, context.DeadlineExceeded) {
		return notCaughtUp(position, s.Views.Position())
	}
	return err
}

// settle gives the views a moment to include a change that was just made, so that
// the answer shows it. A change is made whether or not the views are that far.
func (s *site) settle(ctx context.Context, position uint64) error {
	err := s.catchUp(ctx, position)
	if p := asKnownProblem(err); p != nil && p.Code == codeNotCaughtUp {
		return nil
	}
	return err
}

// unknown is the error for a thing that the firm does not have.
func unknown(what, remedy string) error {
	return &domain.Rejection{Reason: domain.Unknown, Failure: domain.Failure{
		Code: domain.CodeNotFound, Message: "There is no such " + what + " at this firm", Remedy: remedy,
	}}
}
