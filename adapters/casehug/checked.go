package casehug

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"

	"github.com/casehug/smokeball-sync/domain"
)

// Checked passes r on and compares it with what CaseHug said of the document: its
// size and its SHA-256, each if told. The last byte is held back until the whole is
// known to be right. If it is not, reading ends with *domain.CallError and
// CodeDocumentMismatch (permanent) in place of io.EOF, and whoever counts bytes has
// one too few: an upload of a wrong document cannot come to its end.
//
// Closing it closes r.
func Checked(r io.ReadCloser, doc domain.DocumentData) io.ReadCloser {
	return &checked{Closer: r, in: bufio.NewReaderSize(r, 32<<10), hash: sha256.New(), doc: doc}
}

type checked struct {
	io.Closer
	in   *bufio.Reader
	hash hash.Hash
	size int64
	doc  domain.DocumentData
	end  error // what every further read answers
}

func (c *checked) Read(p []byte) (int, error) {
	if len(p) == 0 || c.end != nil {
		return 0, c.end
	}
	n, err := c.next(p)
	c.end = err
	return n, err
}

// next passes on all that is buffered but the last byte, and that one only if the
// end follows and the whole is right.
func (c *checked) next(p []byte) (int, error) {
	ahead, err := c.in.Peek(2)
	switch {
	case err == nil:
		return c.pass(p[:min(len(p), c.in.Buffered()-1)])
	case !errors.Is(err, io.EOF):
		return 0, err
	}
	c.count(ahead)
	if err := c.verdict(); err != nil {
		return 0, err
	}
	return copy(p, ahead), io.EOF
}

// pass reads into p, which is no longer than what is buffered.
func (c *checked) pass(p []byte) (int, error) {
	n, err := c.in.Read(p)
	c.count(p[:n])
	if err == nil && c.doc.SizeBytes != nil && c.size >= *c.doc.SizeBytes {
		return 0, c.mismatch(domain.FaultLonger, domain.About{Limit: *c.doc.SizeBytes})
	}
	return n, err
}

func (c *checked) count(p []byte) {
	if c.doc.SHA256 != "" {
		c.hash.Write(p)
	}
	c.size += int64(len(p))
}

// verdict compares the whole.
func (c *checked) verdict() error {
	if want := c.doc.SizeBytes; want != nil && c.size != *want {
		return c.mismatch(domain.FaultOtherSize, domain.About{Size: c.size, Limit: *want})
	}
	found := hex.EncodeToString(c.hash.Sum(nil))
	if want := c.doc.SHA256; want != "" && found != want {
		return c.mismatch(domain.FaultOtherDigest, domain.About{Value: found[:6], Was: want[:min(6, len(want))]})
	}
	return nil
}

func (c *checked) mismatch(fault domain.Fault, how domain.About) error {
	failure := mismatched(fault, c.doc)
	how.File = c.doc.FileName
	failure.About = &how
	return &domain.CallError{Op: "check document " + string(c.doc.ID), Class: domain.Permanent, Failure: failure}
}
