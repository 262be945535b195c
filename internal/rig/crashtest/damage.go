package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/casehug/smokeball-sync/internal/sealing"
	"github.com/casehug/smokeball-sync/projections"
)

const damageCampaign = "damage"

// part is a part of an engine's data.
type part struct {
	name string
	is   func(path string) bool // relative to the data
}

// damagedParts are damaged in turn.
func damagedParts() []part {
	oneOf := func(names ...string) func(string) bool {
		return func(path string) bool { return slices.Contains(names, path) }
	}
	return []part{
		{"ledger", oneOf("ledger.db", "ledger.db", "ledger.mark")}, {"views", oneOf("views.db")}, {"keys", oneOf("data-keys", "local-keys", "master-key.json")},
		{"bus", func(path string) bool { return strings.HasPrefix(path, "nats/") }},
	}
}

// damageTrial is a trial that damages files.
type damageTrial struct{ *trial }

// verdicts are how damage to one part came out.
type verdicts struct{ found, harmless, refused, served int }

// damageFiles damages a copy of what a stopped engine has left, again and again. Doctor has to find it,
// or the ledger, the views and the answers are as they were. Nothing may end in a panic.
func damageFiles(ctx context.Context, all *trial) error {
	t := damageTrial{all}
	t.uncounted = true
	w, err := t.newWorld(ctx, "")
	if err != nil {
		return err
	}
	defer func() { _ = w.close() }()
	sound, err := t.sound(ctx, w)
	if err != nil {
		return err
	}
	outcomes := map[string]*verdicts{}
	for t.cycles < t.planned && t.mayBegin(ctx) {
		p := damagedParts()[t.cycles%len(damagedParts())]
		t.cycles++
		if outcomes[p.name] == nil {
			outcomes[p.name] = &verdicts{}
		}
		if err := t.damageOnce(ctx, w, p, sound, outcomes[p.name]); err != nil {
			return err
		}
	}
	for _, p := range damagedParts() {
		if v := outcomes[p.name]; v != nil {
			t.note("%s: %d found by doctor, %d harmless; of engines that were started on it %d refused to start and %d answered as before", p.name, v.found, v.harmless, v.refused, v.served)
		}
	}
	made, _, err := w.has(ctx)
	t.count(&t.doubled, "twice in Smokeball", made.doubled())
	return err
}

// soundness is what is compared after damage.
type soundness struct {
	failed  []string // checks of doctor
	events  [sha256.Size]byte
	answers []byte
}

// sound lets the engine work for a while, and notes what it has when it has stopped.
func (t damageTrial) sound(ctx context.Context, w *world) (s soundness, err error) {
	w.load.start(ctx)
	if err := until(ctx, timeout, "matters are told", func(context.Context) bool { return w.load.acknowledged() > 30 }); err != nil {
		return s, err
	}
	if _, err := t.workOff(ctx, w); err != nil {
		return s, err
	}
	// What is still to be read, an engine on a copy may have read, and answers otherwise then.
	err = until(ctx, timeout, "nothing of the matters is still to be read", func(ctx context.Context) bool {
		s.answers, err = w.answers(ctx)
		return err == nil && !bytes.Contains(s.answers, []byte(`"changing":true`))
	})
	if err != nil {
		return s, err
	}
	if _, err := w.stop(ctx); err != nil {
		return s, err
	}
	if s.events, err = events(ctx, w.data); err != nil {
		return s, err
	}
	said, err := t.doctor(ctx, w, w.data)
	s.failed = said.failed
	return s, err
}

// answers are what people see of the firm.
func (w *world) answers(ctx context.Context) ([]byte, error) {
	var all []byte
	for _, path := range []string{"/matters?limit=500", "/sync-history?limit=500"} {
		var answer json.RawMessage
		if err := w.api.call(ctx, "GET", "/v1/firms/"+firm+path, nil, &answer); err != nil {
			return nil, err
		}
		all = append(all, answer...)
	}
	return all, nil
}

// firstDifference shows where two answers begin to differ.
func firstDifference(now, before []byte) string {
	at := 0
	for at < min(len(now), len(before)) && now[at] == before[at] {
		at++
	}
	part := func(b []byte) []byte { return b[max(0, min(at, len(b))-60):min(at+120, len(b))] }
	return fmt.Sprintf("%q, before %q", part(now), part(before))
}

// events is a digest of all that a ledger says.
func events(ctx context.Context, dir string) (sum [sha256.Size]byte, err error) {
	ledger, err := sealing.OpenLedger(dir, filepath.Join(dir, "master-key.json"))
	if err != nil {
		return sum, err
	}
	defer ledger.Close()
	last, err := ledger.Last(ctx)
	if err != nil {
		return sum, err
	}
	all := sha256.New()
	for env, err := range ledger.Tail(ctx, 0) {
		if err != nil {
			return sum, err
		}
		text, err := json.Marshal(env.Event)
		if err != nil {
			return sum, err
		}
		fmt.Fprintln(all, env.Seq, env.Stream, env.Version, env.At, env.Hash, string(text))
		if env.Seq == last {
			break
		}
	}
	return [sha256.Size]byte(all.Sum(nil)), nil
}

// said is what doctor says of a folder.
type said struct {
	failed []string
	text   string
}

// doctor runs the command on a folder.
func (t damageTrial) doctor(ctx context.Context, w *world, dir string) (s said, err error) {
	command := exec.CommandContext(ctx, t.engine, "doctor", "--json")
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + t.dir}
	env := maps.Clone(w.settings)
	env["ENGINE_DATA_DIR"] = dir
	for name, v := range env {
		command.Env = append(command.Env, name+"="+v)
	}
	var out, errs bytes.Buffer
	command.Stdout, command.Stderr = &out, &errs
	ran := command.Run()
	s.text = out.String() + errs.String()
	var report struct {
		Findings []struct{ Code, Severity, Found string }
	}
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		return s, fmt.Errorf("doctor: %w, %w: %s", ran, err, s.text)
	}
	for _, f := range report.Findings {
		if f.Severity == "failed" || (f.Severity == "warning" && f.Code == "messages") { // of what waited nothing is known
			s.failed = append(s.failed, f.Code)
		}
	}
	return s, nil
}

// damageOnce damages one file of a copy, and judges what comes of it.
func (t damageTrial) damageOnce(ctx context.Context, w *world, p part, sound soundness, v *verdicts) error {
	dir := filepath.Join(w.dir, fmt.Sprintf("damaged-%d", t.cycles))
	if err := copyPrivate(dir, w.data); err != nil {
		return err
	}
	how, err := t.damage(dir, p)
	if err != nil {
		return err
	}
	before := len(t.faults)
	s, err := t.doctor(ctx, w, dir)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx) // half a look is no verdict
	case err != nil:
		t.fault("%s: %v", how, err)
	case panicked(s.text):
		t.fault("%s: doctor ends in a panic: %s", how, s.text)
	case !slices.Equal(s.failed, sound.failed):
		v.found++
	default:
		v.harmless++
		t.harmless(ctx, how, dir, sound)
	}
	if p.name == "bus" || t.cycles%5 == 0 {
		if err := t.serveDamaged(ctx, w, how, dir, sound, v, !slices.Equal(s.failed, sound.failed)); err != nil {
			return err
		}
	}
	if len(t.faults) > before {
		t.say("%s: the damaged files are in %s\n", t.name, dir)
		t.keep = true
		return nil
	}
	return os.RemoveAll(dir)
}

// harmless requires the ledger and the views to be as they were.
func (t damageTrial) harmless(ctx context.Context, how, dir string, sound soundness) {
	switch sum, err := events(ctx, dir); {
	case ctx.Err() != nil:
		return
	case err != nil || sum != sound.events:
		t.fault("%s: doctor finds nothing, and the ledger says something else: %v", how, err)
		return
	}
	ledger, err := sealing.OpenLedger(dir, filepath.Join(dir, "master-key.json"))
	if err != nil {
		t.fault("%s: %v", how, err)
		return
	}
	defer ledger.Close()
	where, err := unlike(ctx, filepath.Join(dir, "views.db"), filepath.Join(dir, "master-key.json"), ledger)
	if errors.Is(err, projections.ErrNoKey) {
		return // the engine folds them again
	}
	if ctx.Err() == nil && (where != "" || err != nil) {
		t.fault("%s: doctor finds nothing, and the views differ: %s %v", how, where, err)
	}
}

// serveDamaged starts an engine on damaged files: it answers as before, or says why it does not start.
// Where doctor has found the damage, it may also stop later, and say why.
func (t damageTrial) serveDamaged(ctx context.Context, w *world, how, dir string, sound soundness, v *verdicts, found bool) error {
	log := filepath.Join(w.dir, fmt.Sprintf("damaged-%d.log", t.cycles))
	env := maps.Clone(w.settings)
	env["ENGINE_DATA_DIR"] = dir
	p, err := start(log, env, t.engine, "serve")
	if err != nil {
		return err
	}
	defer p.kill()
	ready := p.ready(ctx, w.api, log)
	text, err := os.ReadFile(log)
	if err != nil {
		return err
	}
	switch {
	case panicked(string(text)):
		t.fault("%s: the engine ends in a panic: %s", how, lastLine(log))
	case errors.Is(ready, errEnded):
		v.refused++
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case ready != nil:
		t.fault("%s: the engine neither serves nor ends: %v; its log ends with %s", how, ready, lastLine(log))
	default:
		var now []byte
		err := until(ctx, timeout/8, "the answers are as before", func(ctx context.Context) bool {
			now, _ = w.answers(ctx)
			return bytes.Equal(now, sound.answers)
		})
		if err == nil {
			v.served++
		} else if !found {
			t.fault("%s: the engine answers something else, and doctor finds nothing: %s", how, firstDifference(now, sound.answers))
		}
	}
	return nil
}

func panicked(text string) bool {
	for _, sign := range []string{"panic:", "fatal error:", "SIGSEGV", "SIGBUS", "goroutine 1 ["} {
		if strings.Contains(text, sign) {
			return true
		}
	}
	return false
}

// damage damages one file of a part, and says how.
func (t damageTrial) damage(dir string, p part) (how string, err error) {
	var files []string
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		name, _ := filepath.Rel(dir, path)
		if err == nil && !d.IsDir() && p.is(filepath.ToSlash(name)) {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) == 0 {
		return "", errors.Join(err, fmt.Errorf("there is no file of the %s", p.name))
	}
	path := files[t.chance.IntN(len(files))]
	name, _ := filepath.Rel(dir, path)
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	kind := t.chance.IntN(6)
	if len(data) == 0 {
		kind = 0
	}
	page := min(os.Getpagesize(), len(data))
	used := func() int { return t.usedPage(data, page) }
	switch kind {
	case 0:
		return name + " is missing", os.Remove(path)
	case 1:
		how, data = "cut off", data[:t.chance.IntN(len(data))]
	case 2:
		how = "a page of zeros"
		at := used()
		clear(data[at : at+page])
	case 3:
		how = "two pages swapped"
		a, b := used(), used()
		one := bytes.Clone(data[a : a+page])
		copy(data[a:a+page], data[b:b+page])
		copy(data[b:b+page], one)
	default:
		bits := 1 + t.chance.IntN(3)
		how = fmt.Sprintf("%d flipped bits", bits)
		for range bits {
			data[used()+t.chance.IntN(page)] ^= 1 << t.chance.IntN(8)
		}
	}
	return name + ": " + how, os.WriteFile(path, data, 0o600)
}

// usedPage is the place of a page on which there is something.
func (t damageTrial) usedPage(data []byte, page int) int {
	for range 200 {
		at := t.chance.IntN(len(data)/page) * page
		if len(bytes.Trim(data[at:at+page], "\x00")) > 0 {
			return at
		}
	}
	return 0
}

// copyPrivate copies a folder so that nobody else may read it.
func copyPrivate(to, from string) error {
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		return err
	}
	return filepath.WalkDir(to, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.Chmod(path, 0o700)
		}
		return os.Chmod(path, 0o600)
	})
}
