package smokeball_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/casehug/smokeball-sync/adapters/smokeball"
	"github.com/casehug/smokeball-sync/domain"
)

func TestAddFile(t *testing.T) {
	v, c := connected(t)
	v.on("POST /matters/{id}/documents/files", "fileName folderId fileAdditionalData", "",
		replies(202, `{"fileId":"`+uuidC+`","uploadUrl":"https://store.example/x?sig=1","expiry":"2026-11-02T15:04:05Z"}`))
	got, err := c.AddFile(t.Context(), firm, uuidA, domain.FileDraft{
		Name: "Signed retainer.pdf", Folder: uuidB, Data: map[string]string{domain.FileDocumentKey: "d_9"},
	}, rid, nil)
	must(t, err)
	want := domain.Upload{File: uuidC, URL: "https://store.example/x?sig=1", Expiry: time.Date(2026, 11, 2, 15, 4, 5, 0, time.UTC)}
	if got != want {
		t.Errorf("got %+v", got)
	}
	body := map[string]any{"fileName": "Signed retainer.pdf", "folderId": uuidB, "fileAdditionalData": map[string]any{"casehugDocumentId": "d_9"}}
	if last := v.last(); !reflect.DeepEqual(last.Body, body) || last.Path != "/matters/"+uuidA+"/documents/files" {
		t.Errorf("%s: %v", last.Path, last.Body)
	}
}

func TestUploadURL(t *testing.T) {
	v, c := connected(t)
	v.on("GET /matters/{id}/documents/files/{file}/upload", "", "",
		replies(200, `{"fileId":"`+uuidC+`","uploadUrl":"https://store.example/y","expiry":"2026-11-02T15:04:05"}`))
	got, err := c.UploadURL(t.Context(), firm, uuidA, uuidC)
	must(t, err)
	if got.URL != "https://store.example/y" || got.Expiry.Hour() != 15 {
		t.Errorf("got %+v", got)
	}
}

func TestFilesAreRead(t *testing.T) {
	v, c := connected(t)
	shown := `{"id":"` + uuidC + `","versionId":"v","name":"Signed retainer","fileExtension":".pdf","sizeBytes":48213,"isUploaded":true,
		"isCancelled":false,"isDeleted":false,"additionalData":{"casehugDocumentId":"d_9","n":7,"none":null}}`
	v.on("GET /matters/{id}/documents/files", "", "Limit Offset", replies(200, `{"value":[`+shown+`]}`))
	v.on("GET /matters/{id}/documents/files/{file}", "", "", replies(200, shown))
	want := domain.SmokeballFile{
		ID: uuidC, VersionID: "v", Name: "Signed retainer", Extension: ".pdf", SizeBytes: 48213, Uploaded: true,
		Data: map[string]string{"casehugDocumentId": "d_9", "n": "7"},
	}
	all, err := c.Files(t.Context(), firm, uuidA)
	must(t, err)
	one, err := c.File(t.Context(), firm, uuidA, uuidC)
	must(t, err)
	if !reflect.DeepEqual(all, []domain.SmokeballFile{want}) || !reflect.DeepEqual(one, want) {
		t.Errorf("got %+v and %+v", all, one)
	}
}

// rawStore is a file store that shows the head of a request byte for byte.
func rawStore(t *testing.T) (address string, head func() string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	seen := make(chan string, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		var text strings.Builder
		in := bufio.NewReader(conn)
		for {
			line, err := in.ReadString('\n')
			if text.WriteString(line); err != nil || line == "\r\n" {
				break
			}
		}
		_, _ = io.CopyN(io.Discard, in, 5)
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		seen <- text.String()
	}()
	return "http://" + listener.Addr().String(), func() string { return <-seen }
}

func TestUploadSendsExactlyWhatTheSignatureCovers(t *testing.T) {
	_, c := connected(t)
	address, head := rawStore(t)
	up := domain.Upload{URL: address + "/bucket/key?X-Sig=abc%2Fd", Expiry: time.Now().Add(time.Minute)}
	must(t, c.Upload(t.Context(), up, io.MultiReader(strings.NewReader("hello")), 5))
	got := head()
	for _, line := range []string{"PUT /bucket/key?X-Sig=abc%2Fd HTTP/1.1\r\n", "\r\nContent-Type: \r\n", "\r\nContent-Length: 5\r\n"} {
		if !strings.Contains(got, line) {
			t.Errorf("%q is missing in\n%s", line, got)
		}
	}
	for _, header := range []string{"x-api-key", "authorization", "requestid", "transfer-encoding"} {
		if strings.Contains(strings.ToLower(got), header+":") {
			t.Errorf("%s is sent:\n%s", header, got)
		}
	}
	if c.Allowance(firm).UsedLastMinute != 0 {
		t.Error("an upload used the allowance")
	}
}

// store is a file store that answers with status and keeps what it got.
func store(t *testing.T, status int) (string, *bytes.Buffer) {
	var kept bytes.Buffer
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(&kept, r.Body)
		w.Header().Set("Location", "https://elsewhere.example/")
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/f?sig=secret-signature", &kept
}

func TestUploadOfAnEmptyFileTellsItsLength(t *testing.T) {
	_, c := connected(t)
	lengths := make(chan int64, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { lengths <- r.ContentLength }))
	t.Cleanup(server.Close)
	must(t, c.Upload(t.Context(), domain.Upload{URL: server.URL}, strings.NewReader(""), 0))
	if length := <-lengths; length != 0 {
		t.Errorf("the length told is %d", length)
	}
}

func TestUploadStreamsManyBytes(t *testing.T) {
	_, c := connected(t)
	address, kept := store(t, 200)
	content := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	must(t, c.Upload(t.Context(), domain.Upload{URL: address}, iotest.HalfReader(bytes.NewReader(content)), int64(len(content))))
	if !bytes.Equal(kept.Bytes(), content) {
		t.Errorf("%d of %d bytes arrived whole", kept.Len(), len(content))
	}
	kept.Reset()
	must(t, c.Upload(t.Context(), domain.Upload{URL: address}, bytes.NewReader(nil), 0))
	must(t, c.Upload(t.Context(), domain.Upload{URL: address}, strings.NewReader("unknown"), -1))
	if kept.String() != "unknown" {
		t.Errorf("got %q", kept)
	}
}

func TestUploadOutcomes(t *testing.T) {
	for name, tc := range map[string]struct {
		status  int
		class   domain.Class
		expired bool
	}{
		"expired":  {403, domain.Retryable, true},
		"gone":     {410, domain.Retryable, true},
		"refused":  {400, domain.Retryable, false},
		"busy":     {503, domain.Retryable, false},
		"too many": {429, domain.Retryable, false},
		"moved":    {307, domain.Retryable, false},
	} {
		t.Run(name, func(t *testing.T) {
			_, c := connected(t)
			address, _ := store(t, tc.status)
			err := c.Upload(t.Context(), domain.Upload{URL: address}, strings.NewReader("hello"), 5)
			if ce := fault(t, err); ce.Class != tc.class || errors.Is(err, smokeball.ErrUploadExpired) != tc.expired || ce.Unsettled {
				t.Errorf("got %+v", ce)
			}
			if strings.Contains(err.Error(), "secret-signature") {
				t.Errorf("%q shows the signature", err)
			}
		})
	}
}

func TestAnEndedUploadURLIsNotTried(t *testing.T) {
	_, c := connected(t)
	address, kept := store(t, 200)
	err := c.Upload(t.Context(), domain.Upload{URL: address, Expiry: time.Now().Add(-time.Second)}, strings.NewReader("hello"), 5)
	if fault(t, err); !errors.Is(err, smokeball.ErrUploadExpired) || kept.Len() != 0 {
		t.Errorf("got %v, %d bytes sent", err, kept.Len())
	}
}

func TestFaultsOfTheDocumentAreToldApart(t *testing.T) {
	broken := errors.New("object store is gone")
	for name, tc := range map[string]struct {
		body  io.Reader
		size  int64
		class domain.Class
		code  domain.Code
	}{
		"breaks off": {io.MultiReader(strings.NewReader("he"), iotest.ErrReader(broken)), 5, domain.Retryable, domain.CodeDocumentUnavailable},
		"too short":  {strings.NewReader("hel"), 5, domain.Permanent, domain.CodeDocumentMismatch},
		"too long":   {strings.NewReader("hello!"), 5, domain.Permanent, domain.CodeDocumentMismatch},
		"not empty":  {strings.NewReader("!"), 0, domain.Permanent, domain.CodeDocumentMismatch},
	} {
		t.Run(name, func(t *testing.T) {
			_, c := connected(t)
			address, _ := store(t, 200)
			err := c.Upload(t.Context(), domain.Upload{URL: address}, tc.body, tc.size)
			if ce := fault(t, err); ce.Class != tc.class || ce.Failure.Code != tc.code {
				t.Errorf("got %+v", ce)
			}
		})
	}
}

func TestAnUnreachableFileStore(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	must(t, listener.Close())
	_, c := connected(t)
	err = c.Upload(t.Context(), domain.Upload{URL: "http://" + listener.Addr().String() + "/?sig=secret-signature"}, strings.NewReader("hello"), 5)
	if ce := fault(t, err); ce.Class != domain.Retryable || strings.Contains(err.Error(), "secret-signature") {
		t.Errorf("got %v", err)
	}
}

func TestFileName(t *testing.T) {
	long := strings.Repeat("a", 300)
	for name, tc := range map[string]struct{ name, want string }{
		"short":           {"Signed retainer.pdf", "Signed retainer.pdf"},
		"exactly":         {strings.Repeat("a", 252) + ".pdf", strings.Repeat("a", 252) + ".pdf"},
		"long":            {long + ".pdf", strings.Repeat("a", 252) + ".pdf"},
		"no extension":    {long, strings.Repeat("a", 256)},
		"a dot far ahead": {"a." + long, "a." + strings.Repeat("a", 254)},
		"umlauts":         {strings.Repeat("ü", 300) + ".docx", strings.Repeat("ü", 251) + ".docx"},
		"emoji":           {strings.Repeat("😀", 200) + ".pdf", strings.Repeat("😀", 126) + ".pdf"},
		"spaces":          {strings.Repeat("a", 250) + strings.Repeat(" ", 20) + "z.pdf", strings.Repeat("a", 250) + ".pdf"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := smokeball.FileName(tc.name); got != tc.want {
				t.Errorf("got %q", got)
			}
		})
	}
}

func FuzzFileName(f *testing.F) {
	f.Add(strings.Repeat("é", 300) + ".pdf")
	f.Add("\xff." + strings.Repeat("x", 400))
	f.Fuzz(func(t *testing.T, name string) {
		got := smokeball.FileName(name)
		if !utf8.ValidString(got) || len(utf16.Encode([]rune(got))) > 256 || smokeball.FileName(got) != got {
			t.Errorf("%q becomes %q", name, got)
		}
	})
}
