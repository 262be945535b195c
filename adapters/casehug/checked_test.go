package casehug_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/casehug/smokeball-sync/adapters/casehug"
	"github.com/casehug/smokeball-sync/domain"
)

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func approved(size int64, sum string) domain.DocumentData {
	d := object("casehug-documents/d").Data
	if size >= 0 {
		d.SizeBytes = &size
	}
	d.SHA256 = sum
	return d
}

func TestCheckedPassesOnWhatWasApproved(t *testing.T) {
	large := strings.Repeat("0123456789", 10_000)
	for _, content := range []string{"", "x", "xy", large} {
		for _, doc := range []domain.DocumentData{
			approved(-1, ""), approved(int64(len(content)), ""), approved(-1, digest(content)), approved(int64(len(content)), digest(content)),
		} {
			for name, source := range map[string]io.Reader{
				"at once": strings.NewReader(content), "by halves": iotest.HalfReader(strings.NewReader(content)),
				"with its end": iotest.DataErrReader(strings.NewReader(content)),
			} {
				got, err := io.ReadAll(casehug.Checked(io.NopCloser(source), doc))
				if string(got) != content || err != nil {
					t.Errorf("%d bytes %s: read %d, %v", len(content), name, len(got), err)
				}
			}
			if err := iotest.TestReader(casehug.Checked(io.NopCloser(strings.NewReader(content)), doc), []byte(content)); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestCheckedHoldsTheEndOfAWrongDocumentBack(t *testing.T) {
	cases := map[string]struct {
		content string
		doc     domain.DocumentData
		says    string
	}{
		"other bytes": {"Bytes", approved(5, digest("bytes")), "its SHA-256 begins with " + digest("Bytes")[:6] + ", approved was " + digest("bytes")[:6]},
		"one byte":    {"x", approved(-1, digest("y")), "SHA-256 begins with"},
		"too short":   {"byte", approved(5, ""), "it has 4 bytes, approved were 5"},
		"too long":    {"bytes!", approved(5, ""), "larger than the 5 bytes"},
		"far too long": {strings.Repeat("x", 100_000), approved(40_000, ""),
			"larger than the 40000 bytes"},
		"empty": {"", approved(-1, digest("bytes")), "SHA-256 begins with e3b0c4"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			r := casehug.Checked(io.NopCloser(strings.NewReader(tc.content)), tc.doc)
			var got bytes.Buffer
			_, err := got.ReadFrom(r)
			if ce := fails(t, err, domain.Permanent, tc.says); ce.Failure.Code != domain.CodeDocumentMismatch {
				t.Errorf("code is %s", ce.Failure.Code)
			}
			if tc.doc.SizeBytes != nil && int64(got.Len()) >= *tc.doc.SizeBytes {
				t.Errorf("%d bytes came through, of %d approved", got.Len(), *tc.doc.SizeBytes)
			}
			if got.Len() > 0 && got.Len() >= len(tc.content) {
				t.Error("the last byte came through")
			}
			if n, again := r.Read(make([]byte, 1)); n != 0 || again != err {
				t.Errorf("reading on gives %d, %v", n, again)
			}
		})
	}
}

// An upload announces the size and then sends the bytes: of a wrong document the
// other side never has all.
func TestCheckedBreaksAnUploadOff(t *testing.T) {
	whole := make(chan error, 1)
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		whole <- err
	}))
	defer s.Close()
	body := casehug.Checked(io.NopCloser(strings.NewReader("Bytes")), approved(5, digest("bytes")))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.URL, body)
	if err != nil {
		t.Fatal(err)
	}
	req.ContentLength = 5
	resp, err := http.DefaultClient.Do(req)
	if err == nil {
		resp.Body.Close()
	}
	fails(t, err, domain.Permanent, "not the one that was approved")
	if err := <-whole; err == nil {
		t.Error("the other side has the whole")
	}
}
