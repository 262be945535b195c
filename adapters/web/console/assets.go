package console

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"net/http"
	"path"
	"sync"

	"github.com/casehug/smokeball-sync/adapters/web/problem"
)

//go:embed static
var staticFiles embed.FS

// asset is a file that pages load.
type asset struct {
	data        []byte
	packed      []byte // the same by gzip
	contentType string
	tag         string
}

// NewAssets has all files of the console.
func NewAssets(errors *ErrorPages) (*Assets, error) {
	files, err := readAssets()
	return &Assets{files: files, errors: errors}, err
}

// readAssets reads and compresses the files once: they are part of the program.
var readAssets = sync.OnceValues(func() (map[string]asset, error) {
	entries, err := staticFiles.ReadDir("static")
	if err != nil {
		return nil, fmt.Errorf("read the console's files: %w", err)
	}
	assets := map[string]asset{}
	for _, e := range entries {
		data, err := staticFiles.ReadFile("static/" + e.Name())
		if err != nil {
			return nil, fmt.Errorf("read the console's files: %w", err)
		}
		packed, err := compress(data)
		if err != nil {
			return nil, fmt.Errorf("compress the console's files: %w", err)
		}
		sum := sha256.Sum256(data)
		assets[e.Name()] = asset{data: data, packed: packed, contentType: contentTypes(path.Ext(e.Name())), tag: `"` + hex.EncodeToString(sum[:8]) + `"`}
	}
	return assets, nil
})

// contentTypes does not use the table of the machine, which may differ.
func contentTypes(ext string) string {
	switch ext {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	}
	return "application/octet-stream"
}

// Assets serves the files that pages load.
type Assets struct {
	files  map[string]asset
	errors *ErrorPages
}

// Serve serves a file; browsers keep it and ask whether it has changed.
func (s *Assets) Serve(w http.ResponseWriter, r *http.Request) {
	a, ok := s.files[r.PathValue("file")]
	if !ok {
		s.errors.Refuse(w, r, problem.UnknownAddress())
		return
	}
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("ETag", a.tag)
	w.Header().Set("Vary", "Accept-Encoding")
	if r.Header.Get("If-None-Match") == a.tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", a.contentType)
	body := a.data
	if acceptsGzip(r) {
		w.Header().Set("Content-Encoding", "gzip")
		body = a.packed
	}
	_, _ = w.Write(body) // a reader who is gone needs no answer
}
