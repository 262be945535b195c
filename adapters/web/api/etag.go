package api

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/casehug/smokeball-sync/adapters/web/auth"
	"github.com/casehug/smokeball-sync/domain"
)

// Revisions tells whether firms' rows have changed.
type Revisions interface {
	// Revision stands for the firm's rows. As long as it stays the same, they have not
	// changed. steady is false while they are being changed.
	Revision(firm domain.FirmID) (revision string, steady bool)
}

// Polled lets callers ask whether an answer has changed that consists of the firm's rows and
// nothing else. If they have not changed, none is read.
func Polled(a *API, op *huma.Operation) {
	describeETag(a, op)
	op.Middlewares = append(op.Middlewares, a.polled)
}

func (a *API) polled(ctx huma.Context, next func(huma.Context)) {
	firm := domain.FirmID(ctx.Param("firm"))
	if !a.caughtUp(ctx) {
		next(ctx) // which says so
		return
	}
	revision, steady := a.Revisions.Revision(firm)
	tag := a.etag(ctx, firm, revision)
	has := theirs(ctx)
	if steady && has.names(tag) {
		notModified(ctx, tag)
		return
	}
	c := capture(ctx)
	next(c)
	if c.status != http.StatusOK {
		c.write()
		return
	}
	if now, still := a.Revisions.Revision(firm); !steady || !still || now != revision {
		tag = ""
	}
	has.answer(c, tag)
}

// caughtUp waits for the position that the caller names: what the rows were before says nothing.
func (a *API) caughtUp(ctx huma.Context) bool {
	position, err := strconv.ParseUint(ctx.Query("min_position"), 10, 64)
	return err != nil || a.Progress.CatchUp(ctx.Context(), position) == nil
}

// etag stands for an answer to the caller's question. It does not outlive the process: another
// one may put the same rows into other words.
func (a *API) etag(ctx huma.Context, firm domain.FirmID, revision string) string {
	by, u := auth.Actor(ctx.Context(), firm), ctx.URL()
	return weak(a.process, revision, by.Subject, string(by.Role), u.Path, questionOf(u.Query()))
}

// questionOf is the query without the position, which is not a part of the question.
func questionOf(q map[string][]string) string {
	asked := map[string][]string{}
	for name, values := range q {
		if name != "min_position" {
			asked[name] = values
		}
	}
	text, _ := json.Marshal(asked) // texts can be marshalled
	return string(text)
}

// weak is an entity tag of the parts: answers with the same one mean the same.
func weak(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return `W/"` + hex.EncodeToString(sum[:12]) + `"`
}

// Digested lets callers ask whether an answer has changed that is more than rows. It is made as
// always, and only sent if it has changed. without are members that say nothing about what the
// answer tells, such as the position that it includes.
func Digested(without ...string) Option {
	return func(a *API, op *huma.Operation) {
		describeETag(a, op)
		op.Middlewares = append(op.Middlewares, func(ctx huma.Context, next func(huma.Context)) {
			c := capture(ctx)
			next(c)
			if c.status != http.StatusOK {
				c.write()
				return
			}
			theirs(ctx).answer(c, weak(digested(c.body.Bytes(), without)))
		})
	}
}

func digested(body []byte, without []string) string {
	if len(without) == 0 {
		return string(body)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		return string(body)
	}
	for _, name := range without {
		delete(members, name)
	}
	text, err := json.Marshal(members)
	if err != nil {
		return string(body)
	}
	return string(text)
}

// heldTags are those of an If-None-Match header (RFC 9110, 13.1.2), which may stand in several lines.
type heldTags []string

// theirs are the tags of the answers that the caller has.
func theirs(ctx huma.Context) (list heldTags) {
	for _, line := range linesOf(ctx, "If-None-Match") {
		for one := range strings.SplitSeq(line, ",") { // our tags have no comma: parts of another one that has are never equal to them
			if one = strings.TrimSpace(one); one != "" {
				list = append(list, one)
			}
		}
	}
	return list
}

// names reports whether tag is among them, by the weak comparison.
func (list heldTags) names(tag string) bool {
	return slices.ContainsFunc(list, func(one string) bool { return strings.TrimPrefix(one, "W/") == strings.TrimPrefix(tag, "W/") })
}

// any reports whether the caller asks for an answer only if there is nothing.
func (list heldTags) any() bool { return len(list) == 1 && list[0] == "*" }

// answer sends an answer that is there, unless the caller has it. tag "": it has none.
func (list heldTags) answer(c *captured, tag string) {
	if list.any() || tag != "" && list.names(tag) {
		notModified(c.beneath, tag)
		return
	}
	if tag != "" {
		c.SetHeader("ETag", tag)
	}
	c.write()
}

func notModified(ctx huma.Context, tag string) {
	if tag != "" {
		ctx.SetHeader("ETag", tag)
	}
	ctx.SetStatus(http.StatusNotModified)
}

func describeETag(_ *API, op *huma.Operation) {
	op.Parameters = append(op.Parameters, &huma.Param{Name: "If-None-Match", In: "header", Schema: &huma.Schema{Type: huma.TypeString},
		Description: "The ETag of the answer that the caller has, or several. If it has not changed, the answer is 304 without a body; with * it is 304 whenever there is an answer."})
	op.Responses["304"] = &huma.Response{Description: "Nothing has changed since the answer with this ETag.",
		Headers: map[string]*huma.Param{"ETag": etagHeader()}}
}

func etagHeader() *huma.Param {
	return &huma.Param{Description: "Stands for this answer; send it as If-None-Match to ask whether it has changed.", Schema: &huma.Schema{Type: huma.TypeString}}
}
