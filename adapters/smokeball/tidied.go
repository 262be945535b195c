package smokeball

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
)

// longestTokenAnswer is the longest answer of the sign-in host that is read, in bytes.
const longestTokenAnswer = 1 << 20

// tidied is the way of token calls. x/oauth2 reads answers to the letter; this one takes
// away what is none of their meaning: a byte order mark, a lifetime written as 3600.0 or
// "3600", and a content type that hides that the answer is JSON.
type tidied struct{ base http.RoundTripper }

func (t tidied) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, longestTokenAnswer))
	if err != nil {
		return nil, err
	}
	body = tidy(body)
	if isObject(body) {
		resp.Header = resp.Header.Clone()
		resp.Header.Set("Content-Type", "application/json")
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return resp, nil
}

// tidy is the answer with a lifetime that is a plain whole number of seconds.
func tidy(body []byte) []byte {
	body = withoutBOM(body)
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil || members["expires_in"] == nil {
		return body
	}
	var life looseInt
	_ = json.Unmarshal(members["expires_in"], &life) // what is no number says nothing
	members["expires_in"] = strconv.AppendInt(nil, int64(max(life, 0)), 10)
	plain, err := json.Marshal(members)
	if err != nil {
		return body
	}
	return plain
}
