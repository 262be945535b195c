package smokeballsim

import (
	"html/template"
	"net/http"
	"strings"
)

// shown is how many resources of a kind the page lists.
const shown = 50

const pageStyle = `<style>
:root{color-scheme:light dark;--line:#8884;--soft:#8881;--accent:#1b7f4b}
body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
body.narrow{max-width:30rem}
h1{font-size:1.4rem}h2{font-size:1.15rem;margin-top:2rem}h3{font-size:1rem;margin:1rem 0 .25rem}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}
th{font-weight:600;background:var(--soft)}
small{opacity:.7}fieldset{border:1px solid var(--line);border-radius:.4rem}label{display:block;padding:.2rem 0}
button{font:inherit;padding:.4rem 1.2rem;border-radius:.4rem;border:1px solid var(--accent);background:var(--accent);color:#fff;cursor:pointer}
button.quiet{background:none;color:inherit;border-color:var(--line)}
form.row{display:flex;gap:.5rem;margin:0}form.row input{flex:1;min-width:6rem}form.row :is(input,select,button){font:inherit;padding:.15rem .5rem}
</style>`

var statePage = template.Must(template.New("state").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><noscript><meta http-equiv="refresh" content="2"></noscript><script src="/_sim/page.js" defer></script>
<meta name="viewport" content="width=device-width"><title>Smokeball (simulated)</title>` + pageStyle + `</head><body>
<h1>Smokeball (simulated)</h1>
<p>{{.Counts.Total}} requests, {{.Counts.TooMany}} of them refused with 429. What you change here is what a person changes in Smokeball.</p>
{{if .Failing}}<form method="post" action="/_sim/play/recover"><p><b>Smokeball answers every call with 503.</b> <button>Let it work again</button></p></form>
{{else}}<form method="post" action="/_sim/play/outage"><p><button class="quiet">Break it: answer every call with 503</button></p></form>{{end}}
{{range .Accounts}}
<h2>{{.Name}} <small>{{.ID}}{{if .Connected}} · connected{{end}} · {{len .Subscriptions}} webhook subscription(s)</small></h2>
{{if .Connected}}<form method="post" action="/_sim/play/revoke"><input type="hidden" name="account" value="{{.ID}}"><p><button class="quiet">Remove CaseHug’s access</button></p></form>{{end}}
<h3>Matters ({{.MatterCount}})</h3>
<table><thead><tr><th>Number</th><th>Title</th><th>Type</th><th>Description and status</th></tr></thead><tbody>
{{range .Matters}}<tr><td>{{.Number}}</td><td>{{.Title}}</td><td>{{.MatterType}}</td><td><form class="row" method="post" action="/_sim/play/matter"><input type="hidden" name="id" value="{{.ID}}">
<input name="description" aria-label="Description of {{.Number}}" value="{{.Description}}"><select name="status" aria-label="Status of {{.Number}}">{{$is := .Status}}{{range $.Statuses}}<option{{if eq . $is}} selected{{end}}>{{.}}</option>{{end}}</select><button class="quiet">Change</button></form></td></tr>
{{else}}<tr><td colspan="4">None yet.</td></tr>{{end}}</tbody></table>
<h3>Contacts ({{.ContactCount}})</h3>
<table><thead><tr><th>Name</th><th>E-mail</th><th>Kind</th><th>New last name, or name</th></tr></thead><tbody>
{{range .Contacts}}<tr><td>{{.Name}}{{if .IsDeleted}} <small>deleted</small>{{end}}</td><td>{{.Email}}</td><td>{{.Kind}}</td><td><form class="row" method="post" action="/_sim/play/contact"><input type="hidden" name="id" value="{{.ID}}"><input type="hidden" name="kind" value="{{.Kind}}">
<input name="name" required aria-label="New name of {{.Name}}"><button class="quiet">Rename</button></form></td></tr>
{{else}}<tr><td colspan="4">None yet.</td></tr>{{end}}</tbody></table>
<h3>Files ({{.FileCount}})</h3>
<table><thead><tr><th>Name</th><th>Matter</th><th>Bytes</th><th>SHA-256</th></tr></thead><tbody>
{{range .Files}}<tr><td>{{if .Folder}}{{.Folder}} / {{end}}{{.Name}}</td><td>{{index $.Titles .MatterID}}</td><td>{{.SizeBytes}}</td><td><small>{{printf "%.12s" .SHA256}}</small></td></tr>
{{else}}<tr><td colspan="4">None yet.</td></tr>{{end}}</tbody></table>
{{end}}</body></html>
`))

// pageView is what the page shows.
type pageView struct {
	Counts   Counts
	Failing  bool // every call is answered 503
	Statuses []string
	Accounts []pageAccount
	Titles   map[string]string // of matters, by id
}

type pageAccount struct {
	AccountState
	MatterCount, ContactCount, FileCount int
}

// page shows the newest resources of each kind.
func (s *Server) page(w http.ResponseWriter, _ *http.Request) {
	v := pageView{Counts: s.Counts(), Failing: s.failing(), Statuses: []string{"Open", "Pending", "Closed"}, Titles: map[string]string{}}
	for _, a := range s.State().Accounts {
		for _, m := range a.Matters {
			v.Titles[m.ID] = m.Title
		}
		p := pageAccount{a, len(a.Matters), len(a.Contacts), len(a.Files)}
		p.Matters, p.Contacts, p.Files = newest(a.Matters), newest(a.Contacts), newest(a.Files)
		v.Accounts = append(v.Accounts, p)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	s.logged(statePage.Execute(w, v))
}

func newest[T any](all []T) []T { return all[max(0, len(all)-shown):] }

// home serves the page at the root, which the vendor's API does not use.
func (s *Server) home(w http.ResponseWriter, r *http.Request) {
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		s.page(w, r)
		return
	}
	s.nothing(w, r)
}

func (s *Server) nothing(w http.ResponseWriter, r *http.Request) {
	c := &call{Server: s, path: r.URL.Path}
	send(w, c.refusal(newProblem(http.StatusNotFound, "Nothing answers "+r.Method+" here.")))
}
