package smokeballsim_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// victimState names the state file of a test binary that runs as a simulator to be killed.
const victimState = "SMOKEBALLSIM_TEST_VICTIM_STATE"

func TestMain(m *testing.M) {
	if path := os.Getenv(victimState); path != "" {
		if err := beVictim(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func victimConfig(path string) smokeballsim.Config {
	c := config()
	c.StateFile, c.VisibleAfter = path, smokeballsim.Delay{Min: time.Millisecond, Max: 40 * time.Millisecond}
	return c
}

// beVictim serves, says where, and lives until it is killed or its parent is gone.
func beVictim(path string) error {
	s, err := smokeballsim.Open(victimConfig(path))
	if err != nil {
		return err
	}
	url, err := s.Start("127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(url)
	_, err = io.Copy(io.Discard, os.Stdin)
	return errors.Join(err, s.Close())
}

// victim is a simulator in a process of its own.
type victim struct {
	cmd *exec.Cmd
	url chan string // gets one address once it serves; closed where it never does
}

func startVictim(t *testing.T, path string) victim {
	t.Helper()
	v := victim{exec.Command(os.Args[0]), make(chan string, 1)}
	v.cmd.Env = append(os.Environ(), victimState+"="+path)
	v.cmd.Stderr = os.Stderr
	if _, err := v.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := v.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := v.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(v.url)
		if line, err := bufio.NewReader(out).ReadString('\n'); err == nil {
			v.url <- strings.TrimSpace(line)
		}
	}()
	return v
}

// kill ends the process with SIGKILL and reports how it ended otherwise.
func (v victim) kill(t *testing.T) {
	t.Helper()
	if err := v.cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	var end *exec.ExitError
	if err := v.cmd.Wait(); !errors.As(err, &end) || end.Exited() {
		t.Errorf("the simulator ended by itself: %v", err)
	}
}

// poster posts matters to one victim after another and remembers what was answered.
type poster struct {
	token, body string
	mu          sync.Mutex
	sent        int
	accepted    map[string]string // external id to the id that the 202 named
	heard       chan struct{}     // gets something after a 202
}

// newPoster prepares a state file with all that a matter needs, and a token.
func newPoster(t *testing.T, path string) *poster {
	t.Helper()
	s := open(t, victimConfig(path))
	defer s.Close()
	tokens, err := s.Grant(firm)
	if err != nil {
		t.Fatal(err)
	}
	client, err := s.AddContact(firm, []byte(someone))
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{T: t, sim: s, token: tokens.Access, client: newClient(s)}
	return &poster{
		token: tokens.Access, accepted: map[string]string{}, heard: make(chan struct{}),
		body: fmt.Sprintf(`{"externalSystemId":"%%s","matterTypeId":%q,"clientIds":[%q]}`, d.matterType("Auto Accident"), client),
	}
}

// next is an external id that was never sent before.
func (p *poster) next() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent++
	return fmt.Sprintf("case-%d", p.sent)
}

// post posts until the simulator is gone. Anything but 202 from one that lives is an error.
func (p *poster) post(url string) error {
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for {
		external := p.next()
		status, id, err := p.postOne(client, url, external)
		if err != nil {
			return nil // killed: whether this one happened is not known
		}
		if status != http.StatusAccepted {
			return fmt.Errorf("post %s: %d", external, status)
		}
		p.mu.Lock()
		p.accepted[external] = id
		p.mu.Unlock()
		select {
		case p.heard <- struct{}{}:
		default:
		}
	}
}

func (p *poster) postOne(client *http.Client, url, external string) (int, string, error) {
	r, err := http.NewRequest("POST", url+"/matters", strings.NewReader(fmt.Sprintf(p.body, external)))
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("x-api-key", "sim-key")
	r.Header.Set("Authorization", "Bearer "+p.token)
	r.Header.Set("Content-Type", "application/json")
	got, err := client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer got.Body.Close()
	var made struct{ ID string }
	err = json.NewDecoder(got.Body).Decode(&made)
	return got.StatusCode, made.ID, err
}

// disturb lets two clients post to v until it is killed, a moment after some answers.
func (p *poster) disturb(t *testing.T, v victim, answers int, moment time.Duration) {
	t.Helper()
	url, up := <-v.url
	if !up {
		v.kill(t)
		t.Fatal("the simulator does not start again")
	}
	ended := make(chan error, 2)
	for range cap(ended) {
		go func() { ended <- p.post(url) }()
	}
	for deadline := time.After(10 * time.Second); answers > 0; answers-- {
		select {
		case <-p.heard:
		case <-deadline:
			t.Error("the simulator takes no matters")
			answers = 0
		}
	}
	<-time.After(moment)
	v.kill(t)
	for range cap(ended) {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// check starts with the state file once more and waits until all that was accepted is
// there, once and under its id.
func (p *poster) check(t *testing.T, path string) {
	t.Helper()
	s := open(t, victimConfig(path))
	defer s.Close()
	tick, deadline := time.NewTicker(5*time.Millisecond), time.After(time.Minute)
	defer tick.Stop()
	for {
		missing, err := p.compare(s.State().Accounts[0].Matters)
		if err != nil {
			t.Fatal(err)
		}
		if missing == "" {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("matter %s was accepted as %s and is gone", missing, p.accepted[missing])
		}
	}
}

// compare names one accepted matter that is not there, "" where there is none.
func (p *poster) compare(there []smokeballsim.MatterState) (missing string, err error) {
	found := map[string]string{}
	for _, m := range there {
		if found[m.ExternalSystemID] != "" {
			return "", fmt.Errorf("matter %s is there twice: %s and %s", m.ExternalSystemID, found[m.ExternalSystemID], m.ID)
		}
		found[m.ExternalSystemID] = m.ID
	}
	for external, id := range p.accepted {
		switch found[external] {
		case id:
		case "":
			missing = external
		default:
			return "", fmt.Errorf("matter %s was accepted as %s and is there as %s", external, id, found[external])
		}
	}
	return missing, nil
}

func TestKilledAtAnyMoment(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	p := newPoster(t, path)
	for cycle := range 30 {
		v := startVictim(t, path)
		if cycle%5 == 4 { // while it starts
			<-time.After(time.Duration(rand.Int64N(int64(20 * time.Millisecond))))
			v.kill(t)
		} else {
			p.disturb(t, v, 1+rand.IntN(20), time.Duration(rand.Int64N(int64(5*time.Millisecond))))
		}
		p.check(t, path)
	}
	t.Logf("%d matters sent, %d accepted", p.sent, len(p.accepted))
}
