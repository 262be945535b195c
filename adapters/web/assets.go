package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"net/http"
	"path"
)

//go:embed static
var staticFiles embed.FS

// asset is a file that pages load.
type asset struct {
	data        []byte
	contentType string
	tag         string
}

func readAssets() (map[string]asset, error) {
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
		sum := sha256.Sum256(data)
		assets[e.Name()] = asset{data: data, contentType: contentTypes(path.Ext(e.Name())), tag: `"` + hex.EncodeToString(sum[:8]) + `"`}
	}
	return assets, nil
}

// contentTypes does not ask the machine, whose table may differ.
func contentTypes(ext string) string {
	switch ext {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	}
	return "application/octet-stream"
}

// getAsset serves a file; browsers keep it and ask whether it is still the same.
func (s *site) getAsset(w http.ResponseWriter, r *http.Request) {
	a, ok := s.assets[r.PathValue("file")]
	if !ok {
		s.refuse(w, r, unknownAddress())
		return
	}
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("ETag", a.tag)
	if r.Header.Get("If-None-Match") == a.tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	serveBytes(a.contentType, a.data)(w, r)
}
