package demo

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/casehug/smokeball-sync/adapters/casehug"
	"github.com/casehug/smokeball-sync/domain"
)

// admin is the firm admin who plays the story.
func admin() domain.User {
	return domain.User{Subject: "u_osei", Firm: demoFirm, Role: domain.FirmAdmin, Name: "Folasade Osei", Email: "folasade@hartwell.example",
		Expires: time.Now().Add(12 * time.Hour)}
}

// user is a colleague who may not manage the connection.
func user() domain.User {
	return domain.User{Subject: "u_lindqvist", Firm: demoFirm, Role: domain.StandardUser, Name: "Ben Lindqvist", Email: "ben@hartwell.example",
		Expires: time.Now().Add(12 * time.Hour)}
}

// links are the sign-in links that the demo prints. Each can be opened any number of times while
// the demo runs.
type links struct {
	issuer      *casehug.Issuer
	admin, user string // their codes
}

func newLinks(issuer *casehug.Issuer) links {
	return links{issuer, rand.Text(), rand.Text()}
}

// token returns the CaseHug token of the user whom the code's link signs in.
func (l links) token(code string) (string, bool) {
	who := map[string]func() domain.User{l.admin: admin, l.user: user}[code]
	if who == nil {
		return "", false
	}
	token, err := l.issuer.Sign(who())
	return token, err == nil
}

// invite prints the addresses to explore.
func (d *demo) invite(o Options) {
	token, _ := d.links.token(d.links.admin)
	for _, line := range [][2]string{
		{"Console", fmt.Sprintf("%s/session/demo/%s  (as firm admin)", d.cfg.PublicURL, d.links.admin)},
		{"", fmt.Sprintf("%s/session/demo/%s  (as user)", d.cfg.PublicURL, d.links.user)},
		{"Smokeball", d.cfg.APIURL + "/_sim/  (simulated: change a status, rename a client, break it)"},
		{"Publish", fmt.Sprintf("%s  (NATS; subjects casehug.%s.…)", d.engine.Publishers(), demoFirm)},
		{"API", fmt.Sprintf("curl -H \"Authorization: Bearer $TOKEN\" %s/v1/firms/%s/connection", d.cfg.PublicURL, demoFirm)},
		{"Token", token + "  (firm admin, 12 hours)"},
		{"Data", d.cfg.DataDir + "  (" + program() + " history --data-dir " + filepath.Clean(d.cfg.DataDir) + ")"},
	} {
		fmt.Fprintf(d.out, "%-11s%s\n", colon(line[0]), line[1])
	}
	if o.Unconnected {
		fmt.Fprintln(d.out, "Nothing is connected: sign in as firm admin, then Settings, Integrations, “Connect to Smokeball”.")
	}
	fmt.Fprintf(d.out, "Ctrl-C ends the demo, and kill -9 %d as a crash would; started again it continues.\n", os.Getpid())
}

// program is how those who run the demo run the program again.
func program() string {
	executable, err := os.Executable()
	if err != nil {
		return "smokeball-sync"
	}
	return runAgain(executable)
}

// runAgain runs an executable again: the file itself, unless “go run” built it, which removes it.
func runAgain(executable string) string {
	if strings.Contains(filepath.ToSlash(executable), "/go-build") {
		return "go run ./cmd/smokeball-sync"
	}
	return executable
}

func colon(name string) string {
	if name == "" {
		return ""
	}
	return name + ":"
}
