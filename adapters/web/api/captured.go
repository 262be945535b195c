package api

import (
	"bytes"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// beneath is the library's context under a name that is not that of its method Context.
type beneath huma.Context

// captured keeps the answer of an operation until it is decided what the caller gets.
type captured struct {
	beneath
	request io.Reader // instead of the request's body; nil: that
	status  int
	header  http.Header
	body    bytes.Buffer
}

func capture(ctx huma.Context) *captured { return &captured{beneath: ctx, header: http.Header{}} }

// Unwrap gives the library the request beneath.
func (c *captured) Unwrap() huma.Context { return c.beneath }

// BodyReader implements [huma.Context].
func (c *captured) BodyReader() io.Reader {
	if c.request != nil {
		return c.request
	}
	return c.beneath.BodyReader()
}

// SetStatus implements [huma.Context].
func (c *captured) SetStatus(code int) { c.status = code }

// Status implements [huma.Context].
func (c *captured) Status() int { return c.status }

// SetHeader implements [huma.Context].
func (c *captured) SetHeader(name, value string) { c.header.Set(name, value) }

// AppendHeader implements [huma.Context].
func (c *captured) AppendHeader(name, value string) { c.header.Add(name, value) }

// BodyWriter implements [huma.Context].
func (c *captured) BodyWriter() io.Writer { return &c.body }

// write answers with what was captured. A reader who is gone needs no answer.
func (c *captured) write() {
	for name, values := range c.header {
		for _, v := range values {
			c.beneath.AppendHeader(name, v)
		}
	}
	c.beneath.SetStatus(c.status)
	if c.body.Len() > 0 {
		_, _ = c.beneath.BodyWriter().Write(c.body.Bytes())
	}
}
