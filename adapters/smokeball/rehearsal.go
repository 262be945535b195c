package smokeball

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"path"
	"strings"
	"sync"

	"github.com/casehug/smokeball-sync/domain"
)

// Rehearsal is a client that notes every call and sends none that writes: Smokeball's answers
// to those are made up, and so is what it shows afterwards of the resources that they are
// about. Calls that read something else are sent.
type Rehearsal struct {
	*Client
	calls rehearsed
}

// Rehearse begins a rehearsal.
func (c *Client) Rehearse() *Rehearsal {
	return &Rehearsal{Client: c, calls: rehearsed{shown: map[string]map[string]any{}}}
}

// Under marks the calls made under ctx as those of the rehearsal.
func (r *Rehearsal) Under(ctx context.Context) context.Context {
	return context.WithValue(ctx, rehearsedKey{}, &r.calls)
}

// Calls are the calls so far, in order.
func (r *Rehearsal) Calls() []domain.PlannedCall {
	r.calls.mu.Lock()
	defer r.calls.mu.Unlock()
	return append([]domain.PlannedCall(nil), r.calls.list...)
}

// Upload takes no bytes. They would go past Smokeball's API.
func (r *Rehearsal) Upload(context.Context, domain.Upload, io.Reader, int64) error { return nil }

type rehearsedKey struct{}

// rehearsed is what a rehearsal has noted.
type rehearsed struct {
	mu    sync.Mutex
	list  []domain.PlannedCall
	shown map[string]map[string]any // what was written, by path
	names []string                  // of shown, in the order of their making
}

func rehearsedIn(ctx context.Context) *rehearsed {
	r, _ := ctx.Value(rehearsedKey{}).(*rehearsed)
	return r
}

// take notes the call. It answers the call itself, unless that only reads what the
// rehearsal has not written.
func (r *rehearsed) take(ctx context.Context, k call, out any) (answered bool, err error) {
	var body json.RawMessage
	if k.body != nil {
		if body, err = json.Marshal(k.body); err != nil {
			return true, k.malformedRequest(err)
		}
	}
	r.mu.Lock()
	address := "/" + path.Join(k.path...)
	planned := domain.PlannedCall{Op: k.op, Method: k.method, Path: address, Body: body}
	if q := k.query.Encode(); q != "" {
		planned.Path += "?" + q
	}
	planned.Confirms, _ = ctx.Value(confirmsKey{}).(bool)
	r.list = append(r.list, planned)
	r.mu.Unlock()
	if k.method == http.MethodGet && !strings.HasSuffix(address, "/upload") {
		text, ok := r.read(k, address)
		if !ok {
			return false, nil
		}
		return true, k.decode(answer{status: http.StatusOK, body: text}, out)
	}
	if k.op == opReadContacts {
		return false, nil
	}
	if k.intend != nil {
		if err := k.intend(ctx); err != nil {
			return true, err
		}
	}
	text, err := r.write(k, address, body)
	if err != nil || out == nil {
		return true, err
	}
	return true, k.decode(answer{status: http.StatusAccepted, body: text}, out)
}

// write keeps what is written, so that it is shown from now on, and answers like Smokeball.
func (r *rehearsed) write(k call, address string, body json.RawMessage) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if strings.HasSuffix(address, "/upload") {
		return json.Marshal(uploadOf(path.Base(path.Dir(address))))
	}
	written := map[string]any{}
	if strings.HasPrefix(string(body), "{") {
		if err := json.Unmarshal(body, &written); err != nil {
			return nil, k.malformedRequest(err)
		}
	}
	if k.creates {
		id := r.madeUp(address)
		address += "/" + id
		written["id"] = id
		r.names = append(r.names, address)
	}
	if r.shown[address] == nil {
		r.shown[address] = map[string]any{"id": path.Base(address)}
	}
	maps.Copy(r.shown[address], written)
	if strings.Contains(address, "/documents/files/") {
		return json.Marshal(uploadOf(path.Base(address)))
	}
	return json.Marshal(map[string]any{"id": path.Base(address)})
}

// read is what Smokeball would show of what the rehearsal has written; ok is false where it
// has written nothing of it.
func (r *rehearsed) read(k call, address string) (text []byte, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var body any
	switch written := r.shown[address]; {
	case strings.Contains(address, "/documents/folders"):
		if body, ok = r.folders(address); !ok {
			return nil, false
		}
	case written != nil:
		body = shownAs(address, written)
	case r.made(address, k.query.Get("ContactId")):
		body = map[string]any{"value": []any{}}
	default:
		return nil, false
	}
	text, err := json.Marshal(body)
	return text, err == nil
}

// made reports whether the address leads below something that was made up, or a search is
// about a contact that was.
func (r *rehearsed) made(address, contact string) bool {
	for _, name := range r.names {
		if strings.HasPrefix(address, name+"/") || (contact != "" && name == "/contacts/"+contact) {
			return true
		}
	}
	return false
}

// folders is a listing of the folders that were made there. A folder of a matter that was made
// up is empty otherwise.
func (r *rehearsed) folders(address string) (listing any, ok bool) {
	root, parent, _ := strings.Cut(address, "/documents/folders")
	parent = strings.TrimPrefix(parent, "/")
	list := []any{}
	for _, name := range r.names {
		in, _ := r.shown[name]["parentFolderId"].(string)
		if path.Dir(name) == root+"/documents/folders" && in == parent {
			list = append(list, map[string]any{"id": path.Base(name), "parentId": in, "name": r.shown[name]["name"]})
		}
	}
	_, own := r.shown[root+"/documents/folders/"+parent]
	if len(list) == 0 && !own && !r.made(address, "") {
		return nil, false
	}
	return map[string]any{"value": []any{map[string]any{"folders": list}}}, true
}

// shownAs is what was written in the form in which Smokeball shows it.
func shownAs(address string, written map[string]any) map[string]any {
	shown := maps.Clone(written)
	if ids, ok := written["clientIds"].([]any); ok {
		links := make([]any, len(ids))
		for i, id := range ids {
			links[i] = map[string]any{"id": id}
		}
		shown["clients"] = links
	}
	if name, ok := written["fileName"].(string); ok || strings.Contains(address, "/documents/files/") {
		shown["name"], shown["fileExtension"] = strings.TrimSuffix(name, path.Ext(name)), path.Ext(name)
		shown["isUploaded"] = true
	}
	return shown
}

func uploadOf(file string) map[string]any {
	return map[string]any{"fileId": file, "uploadUrl": "https://rehearsal.invalid/" + file}
}

// madeUp is the id of the next thing that is made at the address, such as new-contact-1: none of
// Smokeball's looks like it.
func (r *rehearsed) madeUp(address string) string {
	n := 1
	for _, name := range r.names {
		if path.Dir(name) == address {
			n++
		}
	}
	return fmt.Sprintf("new-%s-%d", strings.TrimSuffix(path.Base(address), "s"), n)
}
