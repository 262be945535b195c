package smokeball

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// revokeWithin is how long a revocation may take.
const revokeWithin = 5 * time.Second

// Revoke asks Smokeball to end the firm's grant: its refresh token and every access token
// made from it (RFC 7009). It takes 5 seconds at most. A firm without a grant, or with an
// app of its own, has nothing to revoke. The stored tokens stay as they are.
func (c *Accounts) Revoke(ctx context.Context, firm domain.FirmID) error {
	t, _, err := c.store.Load(ctx, firm)
	switch {
	case errors.Is(err, ErrNoTokens):
		return nil
	case err != nil:
		return during(opRevoke, storeFault(err))
	}
	return c.RevokeTokens(ctx, firm, t)
}

// RevokeTokens is Revoke for tokens that may not be stored: those of a consent that is
// not taken up.
func (c *Accounts) RevokeTokens(ctx context.Context, firm domain.FirmID, t Tokens) error {
	if t.Refresh == "" || (t.Client != "" && t.Client != c.ClientID(firm)) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, revokeWithin)
	defer cancel()
	return c.app(firm).oauth.Revoke(ctx, t.Refresh)
}

// Revoke ends a refresh token and the access tokens made from it. One that is unknown or
// has ended is no error.
func (o *OAuth) Revoke(ctx context.Context, refreshToken string) error {
	form := strings.NewReader(url.Values{"token": {refreshToken}}.Encode())
	req, err := http.NewRequestWithContext(withOp(ctx, opRevoke), http.MethodPost, o.revokeURL, form)
	if err != nil {
		return lostToken(opRevoke, err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(url.QueryEscape(o.config.ClientID), url.QueryEscape(o.config.ClientSecret))
	resp, err := o.http.Do(req)
	if err != nil {
		return lostToken(opRevoke, err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswer)) // what it says adds nothing to its status
	return revoked(resp)
}

// revoked decides what the status of a revocation means.
func revoked(resp *http.Response) error {
	cause := statusError(resp.StatusCode)
	switch status := resp.StatusCode; {
	case status >= 200 && status < 300:
		return nil
	case status >= 300 && status < 400:
		return movedFault(opRevoke, resp.Header.Get("Location"))
	case status == http.StatusNotFound, status == http.StatusMethodNotAllowed, status == http.StatusNotImplemented:
		return faultOf(opRevoke, domain.NotThere, domain.CodeRevocationNotOffered, domain.FaultNoRevocation, domain.About{}, cause)
	case status == http.StatusTooManyRequests, status == http.StatusRequestTimeout, status >= 500:
		return passing(opRevoke, domain.FaultSignInServer, domain.About{Status: status}, cause)
	case status == http.StatusUnauthorized:
		return badCredentials(opRevoke)
	}
	return faultOf(opRevoke, domain.Permanent, domain.CodeSmokeballRefused, domain.FaultRevocationRefused, domain.About{Status: resp.StatusCode}, cause)
}
