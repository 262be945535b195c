package smokeballsim

import (
	"html/template"
	"net/http"
)

// consentView is what the consent page shows.
type consentView struct {
	Action   string
	Accounts []Account
	Scopes   []string
	Back     string
}

var consentPage = template.Must(template.New("consent").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Sign in to Smokeball (simulated)</title>
<meta name="viewport" content="width=device-width">` + pageStyle + `</head><body class="narrow">
<main><h1>Allow this app to use Smokeball?</h1>
<p>The app at <b>{{.Back}}</b> asks for access to one of these firms.</p>
<form method="post" action="{{.Action}}">
<fieldset><legend>Firm</legend>
{{range $i, $a := .Accounts}}<label><input type="radio" name="account" value="{{$a.ID}}"{{if eq $i 0}} checked{{end}}> {{$a.Name}} <small>{{$a.Location}}</small></label>
{{end}}</fieldset>
<h2>It may</h2><ul>{{range .Scopes}}<li>{{.}}</li>{{end}}</ul>
<p><button name="decision" value="allow">Allow</button> <button name="decision" value="deny" class="quiet">Deny</button></p>
</form></main></body></html>
`))

var refusalPage = template.Must(template.New("refusal").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Sign-in refused</title>` + pageStyle + `</head>
<body class="narrow"><main><h1>This sign-in is refused</h1><p>{{.}}</p></main></body></html>
`))

func (s *signIn) showConsent(w http.ResponseWriter, r *http.Request, q consent) {
	v := consentView{Action: r.URL.RequestURI(), Scopes: q.scopes, Back: q.redirect.Host}
	for _, a := range s.accounts {
		v.Accounts = append(v.Accounts, a.Account)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	s.logged(consentPage.Execute(w, v))
}

func refuseConsent(w http.ResponseWriter, reason string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusBadRequest)
	_ = refusalPage.Execute(w, reason) // fails only if the browser has disconnected
}

// logged logs that a page could not be sent.
func (s *store) logged(err error) {
	if err != nil {
		s.config.Log.Warn("page not sent", "err", err)
	}
}
