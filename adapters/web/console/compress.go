package console

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
)

// compress packs what is served many times.
func compress(data []byte) ([]byte, error) {
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(data); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return packed.Bytes(), nil
}

// worthCompressing is the size from which a page is compressed.
const worthCompressing = 8 << 10

// send sends a page, compressed if it is long and the browser takes that. A page of the frame
// holds no secret that its size could tell: the pages with forms of their own, which hold one,
// are sent as they are.
func (s *Templates) send(w http.ResponseWriter, r *http.Request, status int, page []byte) {
	w.Header().Add("Vary", "Accept-Encoding")
	if len(page) < worthCompressing || !acceptsGzip(r) {
		w.WriteHeader(status)
		_, _ = w.Write(page) // a reader who is gone needs no answer
		return
	}
	w.Header().Set("Content-Encoding", "gzip")
	w.WriteHeader(status)
	z, ok := s.packers.Get().(*gzip.Writer)
	if !ok {
		z = gzip.NewWriter(w)
	}
	z.Reset(w)
	_, _ = z.Write(page)
	_ = z.Close()
	s.packers.Put(z)
}

// acceptsGzip reports whether a client names gzip without refusing it.
func acceptsGzip(r *http.Request) bool {
	for coding := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(strings.ReplaceAll(coding, " ", ""), ";")
		if strings.EqualFold(name, "gzip") {
			return strings.Trim(weight, "q=0.") != "" || weight == ""
		}
	}
	return false
}
