package smokeball

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"golang.org/x/oauth2"
)

// probeWithin is how long a probe may take: a person may wait for it.
const probeWithin = 3 * time.Second

// longestPage is how much of a page of the sign-in host is read, in bytes.
const longestPage = 64 << 10

// consentWords are the errors by which an authorization endpoint says that the app or its
// redirect address is registered otherwise (RFC 6749, section 4.1.2.1, and Cognito's own).
var consentWords = []string{"invalid_request", "invalid_client", "unauthorized_client", "invalid_scope",
	"unsupported_response_type", wordRedirect, "invalid_redirect_uri"}

// TryConsent asks the sign-in host for its consent page as a browser would, without a user
// and without following where it leads, and returns what the host refuses about the app: an
// address it does not know, or a client. It shows that on a page of its own and never leads
// back. Nil: it refuses nothing, or cannot be asked now.
func (o *OAuth) TryConsent(ctx context.Context, redirectURL string, scopes []string) error {
	ctx, cancel := context.WithTimeout(withOp(ctx, opConsent), probeWithin)
	defer cancel()
	address := o.AuthorizeURL(rand.Text(), oauth2.GenerateVerifier(), redirectURL, scopes)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil // Hosts holds addresses: never
	}
	req.Header.Set("Accept", "text/html, application/json;q=0.9")
	resp, err := o.pages.Do(req)
	if err != nil {
		return nil
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, longestPage))
	if err != nil {
		return nil
	}
	word, description := consentError(resp.StatusCode, resp.Header.Get("Location"), withoutBOM(body))
	if f := consentFault(word, description); f != nil {
		f.Failure.Smokeball = &domain.Refusal{Status: resp.StatusCode, Title: word, Detail: description}
		f.Err = statusError(resp.StatusCode)
		return f
	}
	return nil
}

// consentError is the error that the authorization endpoint names: in the address that it
// leads to, in JSON, or on a page. "": none.
func consentError(status int, location string, body []byte) (word, description string) {
	switch {
	case status >= 300 && status < 400:
		to, err := url.Parse(location)
		if err != nil {
			return "", ""
		}
		q := to.Query()
		word, description = q.Get("error"), q.Get("error_description")
	case status < 400 || status >= 500 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout:
		return "", ""
	case isObject(body):
		var said struct {
			Error       looseText `json:"error"`
			Description looseText `json:"error_description"`
		}
		if json.Unmarshal(body, &said) != nil {
			return "", ""
		}
		word, description = string(said.Error), string(said.Description)
	default:
		return pageError(string(body))
	}
	if !slices.Contains(consentWords, word) {
		return "", ""
	}
	return word, cut(description, longestLine)
}

// The words by which a page names the redirect address or the client. What is followed by
// an equals sign is a piece of the address that was asked for, which firewalls repeat.
var (
	redirectNamed = regexp.MustCompile(`(?i)\b(?:redirect[_ -]ur[il]|redirect[_ ]mismatch|invalid_redirect_uri)\b(?:[^=%&]|$)`)
	clientNamed   = regexp.MustCompile(`(?i)\b(?:invalid_client|unauthorized_client|client_id\b(?:[^=%&]|$)|client does not exist|invalid client)`)
)

func pageError(page string) (word, description string) {
	switch {
	case redirectNamed.MatchString(page):
		return wordRedirect, "said on a page"
	case clientNamed.MatchString(page):
		return "invalid_client", "said on a page"
	}
	return "", ""
}

// consentFault decides what the word means, or returns nil for none.
func consentFault(word, description string) *domain.CallError {
	about := strings.ToLower(word + " " + description)
	switch {
	case word == "":
		return nil
	case strings.Contains(about, "redirect"):
		return redirectUnknown(opConsent)
	case strings.HasSuffix(word, "_client"), strings.Contains(about, "client"):
		return misconfigured(opConsent, settingID, domain.FaultAppUnknown)
	case word == "invalid_scope":
		return scopeRefused(opConsent)
	}
	return misconfigured(opConsent, settingID, domain.FaultConsentRefused)
}

// TryHost reports that nobody answers at the API's host. Whatever answers is good enough:
// the request carries no credentials and takes nothing of the allowance.
func (c *Accounts) TryHost(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(withOp(ctx, opTryHost), 2*probeWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.host+"/", nil)
	if err != nil {
		return nil // Hosts holds addresses: never
	}
	resp, err := c.plain.Do(req)
	if err == nil {
		return resp.Body.Close()
	}
	if f := nobodyThere(opTryHost, settingAPI, withoutURL(err)); f != nil {
		return f
	}
	if ctx.Err() == context.DeadlineExceeded {
		return passing(opTryHost, domain.FaultUnreachable, domain.About{Setting: settingAPI}, withoutURL(err))
	}
	return nil
}

// TryOwn signs in to every firm's own app and returns the faults of those that Smokeball
// does not know.
func (c *Accounts) TryOwn(ctx context.Context) map[domain.FirmID]error {
	faults := map[domain.FirmID]error{}
	for firm, own := range c.own {
		if _, err := own.oauth.ownTokens(ctx, opOwn); domain.AsCallError(err) != nil && ctx.Err() == nil {
			faults[firm] = err
		}
	}
	return faults
}
