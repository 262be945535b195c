package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/casehug/smokeball-sync/adapters/web/auth"
	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/adapters/web/problem"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/idempotency"
)

const (
	keyHeader    = "Idempotency-Key"
	replayHeader = "Idempotent-Replayed"
	longestKey   = 255
)

// keyDoc describes the header.
const keyDoc = "Sent again with the same key, the call has the effect and the answer of one call, also after the engine was killed on the way. " +
	"Keys are those of the caller and the firm, and are known for 24 hours. A header that is empty, there more than once, or longer is answered 400. The same key with another call is answered 422 idempotency_key_used. " +
	"A call that was refused (4xx) leaves its key free."

// idempotent lets callers of an operation that changes something repeat it safely.
func (a *API) idempotent(op *huma.Operation) {
	op.Parameters = append(op.Parameters, &huma.Param{Name: keyHeader, In: "header", Description: keyDoc,
		Schema: &huma.Schema{Type: huma.TypeString, MinLength: ptr(1), MaxLength: ptr(longestKey)}})
	op.Middlewares = append(op.Middlewares, a.once)
}

func ptr[T any](v T) *T { return &v }

// once carries out a call with a key, unless it was carried out before.
func (a *API) once(ctx huma.Context, next func(huma.Context)) {
	keys := linesOf(ctx, keyHeader)
	if len(keys) == 0 || a.Calls == nil {
		next(ctx)
		return
	}
	c := capture(ctx)
	key, err := theKey(keys)
	var body []byte
	if err == nil {
		body, err = c.read(ctx)
	}
	var call *idempotency.Call
	if err == nil {
		call, err = a.Calls.Begin(ctx.Context(), keyOf(ctx, key), fingerprintOf(ctx, body))
	}
	if err != nil {
		a.refuse(ctx, noCall(err))
		return
	}
	defer call.End()
	if before := call.Answer; before != nil {
		c.status, c.header = before.Status, before.Header
		c.SetHeader(replayHeader, "true")
		c.body.Write(before.Body)
	} else {
		next(huma.WithContext(c, ports.WithCallToken(ctx.Context(), call.Token)))
		a.keep(ctx.Context(), call, c)
	}
	c.write()
}

// read reads the request's body for the fingerprint and for the operation. One that is too large
// is read so far that the operation notices.
func (c *captured) read(ctx huma.Context) ([]byte, error) {
	_ = ctx.SetReadDeadline(time.Now().Add(auth.BodyTimeout)) // fails only for a writer without a connection
	body, err := io.ReadAll(io.LimitReader(ctx.BodyReader(), auth.MaxBody+1))
	if err != nil {
		return nil, problem.New(http.StatusRequestTimeout, domain.CodeInvalidRequest, "The body of the request did not arrive.", "Send the request again.")
	}
	c.request = bytes.NewReader(body)
	return body, nil
}

// theKey is the key of a call that has the header. One without a usable key is refused: carried
// out as a call without a key, it would be carried out again when it is sent again.
func theKey(lines []string) (string, error) {
	switch key := lines[0]; {
	case len(lines) > 1:
		return "", badKey("The call has several Idempotency-Key headers.", "is there more than once")
	case key == "":
		return "", badKey("The Idempotency-Key is empty.", "is empty")
	case len(key) > longestKey || strings.ContainsFunc(key, func(r rune) bool { return r < '!' || r > '~' }):
		return "", badKey("The Idempotency-Key is not valid.", "must be 1 to 255 visible characters of ASCII")
	default:
		return key, nil
	}
}

func badKey(detail, fault string) error {
	p := problem.New(http.StatusBadRequest, domain.CodeInvalidRequest, detail+" Nothing was done.", "Send one key of 1 to 255 visible characters of ASCII, or no such header.")
	p.Errors = []problem.Fault{{Field: "header." + keyHeader, Message: fault}}
	return p
}

// linesOf are the values of a header in the order of its lines; none: the request does not have it.
func linesOf(ctx huma.Context, name string) (values []string) {
	ctx.EachHeader(func(n, value string) {
		if strings.EqualFold(n, name) {
			values = append(values, value)
		}
	})
	return values
}

func keyOf(ctx huma.Context, key string) idempotency.Key {
	firm := domain.FirmID(ctx.Param("firm"))
	return idempotency.Key{Firm: string(firm), Caller: auth.Actor(ctx.Context(), firm).Subject, Key: key}
}

// fingerprintOf tells calls apart: by address, body, and the attributes of an event that stand in
// headers.
func fingerprintOf(ctx huma.Context, body []byte) string {
	u := ctx.URL()
	about := []string{ctx.Method(), u.Path, questionOf(u.Query())}
	var attributes []string
	ctx.EachHeader(func(name, value string) {
		if strings.HasPrefix(strings.ToLower(name), "ce-") {
			attributes = append(attributes, strings.ToLower(name)+"="+value)
		}
	})
	slices.Sort(attributes)
	return idempotency.Fingerprint(body, append(about, attributes...)...)
}

// keep puts on record what came of the call. A refused one leaves its key free. After a fault it
// is not known what came of it: the same call again goes on with the same ids.
func (a *API) keep(ctx context.Context, call *idempotency.Call, c *captured) {
	ctx = context.WithoutCancel(ctx)
	var err error
	switch {
	case c.status >= 200 && c.status < 300:
		var kept idempotency.Answer
		if kept, err = call.Keep(ctx, idempotency.Answer{Status: c.status, Header: c.header, Body: c.body.Bytes()}); err == nil {
			c.status, c.header = kept.Status, kept.Header
			c.body = *bytes.NewBuffer(kept.Body)
		}
	case c.status >= 400 && c.status < 500:
		err = call.Forget(ctx)
	}
	if err != nil { // the call is carried out all the same, and the ids stay the same when it is sent again
		a.Report.Logger.LogAttrs(ctx, slog.LevelWarn, "the answer of a call with an Idempotency-Key can't be kept", slog.Any("err", err))
	}
}

// noCall is the problem of a call that can't begin.
func noCall(err error) error {
	switch {
	case problem.As(err) != nil:
		return err
	case errors.Is(err, idempotency.ErrUsed):
		p := problem.New(http.StatusUnprocessableEntity, domain.CodeIdempotencyKeyUsed, "This Idempotency-Key was used for another call already.", "Send another key, or the same call as before.")
		p.Errors = []problem.Fault{{Field: "header." + keyHeader, Message: "was used for another call in the last 24 hours"}}
		return p
	}
	return &domain.CallError{Op: "put a call on record", Class: domain.Retryable, Err: err, Failure: domain.Failure{Code: problem.CodeNoKeys,
		Message: "The Idempotency-Key can't be put on record now, so nothing was done", Remedy: "Send the same call again."}}
}

// refuse answers with a problem.
func (a *API) refuse(ctx huma.Context, err error) {
	_, w := humago.Unwrap(ctx)
	a.Report.Of(ctx.Context(), err).Write(w)
}
