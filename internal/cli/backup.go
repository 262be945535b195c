package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/api"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/config"
	"github.com/casehug/smokeball-sync/internal/engine"
)

// backupCmd makes and checks backups.
type backupCmd struct {
	Make   backupMakeCmd   `cmd:"" default:"withargs" help:"Back up the engine's data, running or stopped, into a new directory, and verify it (the default)."`
	Verify backupVerifyCmd `cmd:"" help:"Read all of a backup: files, signature, every event, hash chains, keys."`
}

type backupMakeCmd struct {
	where         `embed:""`
	MasterKeyFile string `name:"master-key-file" setting:"ENGINE_MASTER_KEY_FILE" help:"The master key file; by default in the data directory ($$ENGINE_MASTER_KEY_FILE)." placeholder:"FILE"`
	NATSURL       string `name:"nats-url" setting:"ENGINE_NATS_URL" help:"URLs of the NATS cluster, if any ($$ENGINE_NATS_URL)."`
	Erasures      string `name:"erasures-file" setting:"ENGINE_ERASURES_FILE" help:"Where a stopped engine keeps its list of erasures; by default in the data directory ($$ENGINE_ERASURES_FILE)." placeholder:"FILE"`
	KeepDays      int    `name:"keep-days" default:"90" help:"After so many days the backup is to be deleted, and is not restored any more. What was erased meanwhile is in it until then."`
	NoKey         bool   `name:"without-master-key" help:"Leave the master key file out although it is in the data directory. Keep it elsewhere: without it the backup is useless."`
	Dir           string `arg:"" help:"Where: a directory that does not exist yet."`
}

type backupVerifyCmd struct {
	backupFrom `embed:""`
}

// backupFrom names a backup.
type backupFrom struct {
	Config        string `name:"config" help:"YAML file with settings ($$ENGINE_CONFIG)." placeholder:"FILE"`
	JSON          bool   `name:"json" help:"For programs."`
	MasterKeyFile string `name:"master-key-file" setting:"ENGINE_MASTER_KEY_FILE" help:"The master key file, if it is not in the backup ($$ENGINE_MASTER_KEY_FILE)." placeholder:"FILE"`
	Backup        string `arg:"" name:"backup" help:"The backup's directory."`
}

// restoreCmd makes a data directory from a backup.
type restoreCmd struct {
	backupFrom `embed:""`
	DataDir    string `name:"data-dir" setting:"ENGINE_DATA_DIR" default:"./data" help:"Where: a directory that is empty or does not exist ($$ENGINE_DATA_DIR)."`
	Kept       string `name:"erasures-file" setting:"ENGINE_ERASURES_FILE" help:"Where the engine keeps its list of erasures, of which those after the backup are done again; by default where the backup says ($$ENGINE_ERASURES_FILE)." placeholder:"FILE"`
	Erasures   string `name:"erasures" help:"Another list of erasures, such as a copy; none: nothing is erased again." placeholder:"FILE"`
}

// noErasures is what --erasures names to restore without a list.
const noErasures = "none"

// erasures is the list with which is restored, and its file; nil: there is none, and why.
func (c *restoreCmd) erasures() (path string, list *domain.ErasureList, lacks string, err error) {
	switch c.Erasures {
	case noErasures:
		return "", nil, "--erasures none", nil
	case "":
		path, list, lacks, err = engine.FindErasures(c.Backup, c.Kept)
	default:
		path = c.Erasures
		if list, err = engine.ReadErasures(path); err != nil {
			err = &config.UsageError{Err: fmt.Errorf("--erasures: %w", err)}
		}
	}
	if path != "" && err != nil {
		err = fmt.Errorf("%w; “--erasures FILE” restores with another list, and “--erasures none” without one", err)
	}
	return path, list, lacks, err
}

// verified is a backup that was read, as --json prints it.
type verified struct {
	api.BackupRow
	Dir        string     `json:"dir"`
	Events     int        `json:"events"`
	Streams    int        `json:"streams"`
	Newest     *time.Time `json:"newest_event_at"`
	Signatures int        `json:"signatures"` // of the ledger, which all match
	Unsigned   int        `json:"unsigned"`   // events after the last one
	DataDir    string     `json:"data_dir,omitempty"`
	Erasures   string     `json:"erasures_file,omitempty"`       // the list of what is erased after the backup
	Again      *int       `json:"erasures_again,omitempty"`      // that are done again
	Listed     *time.Time `json:"erasures_listed_at,omitempty"`  // what was erased later is back
	Lacks      *string    `json:"no_erasures_because,omitempty"` // of a restore; "": it had a list
}

func verifiedOf(dir string, v engine.VerifiedBackup) verified {
	out := verified{BackupRow: engine.BackupRow(v.Manifest), Dir: dir, Events: v.Ledger.Events, Streams: v.Ledger.Streams, Signatures: v.Proof.Signatures, Unsigned: v.Proof.Unsigned, Erasures: v.Erasures}
	if v.Ledger.Events > 0 {
		out.Newest = &v.Ledger.Newest
	}
	return out
}

// Run makes a backup and verifies it.
func (c *backupMakeCmd) Run(t *terminal) error {
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return err
	}
	if c.KeepDays < 1 {
		return &config.UsageError{Err: fmt.Errorf("--keep-days is %d; it needs at least 1", c.KeepDays)}
	}
	plan := engine.BackupPlan{Dir: dir, Until: time.Now().AddDate(0, 0, c.KeepDays), NoKey: c.NoKey}
	running, runs, err := runningEngine(t.ctx, c.DataDir)
	if err != nil {
		return err
	}
	if runs {
		err = backUpRunning(t.ctx, running, plan)
	} else {
		_, err = engine.BackUp(t.ctx, config.Settings{DataDir: c.DataDir, NATSURL: c.NATSURL, MasterKeyFile: c.MasterKeyFile, ErasuresFile: c.Erasures}, plan)
	}
	if err != nil {
		return err
	}
	v, err := engine.VerifyBackup(t.ctx, dir, cmp.Or(c.MasterKeyFile, filepath.Join(c.DataDir, "master-key.json")))
	if err != nil {
		return fmt.Errorf("the backup was made, and is not good: %w", err)
	}
	return printVerified(t.out, c.JSON, verifiedOf(dir, v), "Backed up")
}

// backUpRunning has the running engine make the backup, and waits until that is done.
func backUpRunning(ctx context.Context, c client, p engine.BackupPlan) error {
	var b api.BackupBody
	if err := c.send(ctx, http.MethodPost, "/v1/operator/backups", api.BackupRequest{Dir: p.Dir, Until: p.Until, NoKey: p.NoKey}, &b); err != nil {
		return err
	}
	for b.Running {
		select {
		case <-ctx.Done():
			return errors.Join(errors.New("the engine goes on with the backup"), ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
		if err := c.get(ctx, "/v1/operator/backups", &b); err != nil {
			return err
		}
	}
	if b.Backup == nil {
		return &failure{Code: "backup_failed", Message: cmp.Or(b.Error, "the engine was restarted meanwhile"), Remedy: "Mend the cause and run the command again; what was begun is not used."}
	}
	return nil
}

// Run verifies a backup.
func (c *backupVerifyCmd) Run(t *terminal) error {
	v, err := engine.VerifyBackup(t.ctx, c.Backup, c.key())
	if err != nil {
		return err
	}
	return printVerified(t.out, c.JSON, verifiedOf(c.Backup, v), "Verified")
}

// key is the master key file, if there is one: else the backup has it.
func (b *backupFrom) key() string {
	if _, err := os.Stat(b.MasterKeyFile); err != nil {
		return ""
	}
	return b.MasterKeyFile
}

// Run restores a backup.
func (c *restoreCmd) Run(t *terminal) error {
	path, erased, lacks, err := c.erasures()
	if err != nil {
		return err
	}
	v, err := engine.Restore(t.ctx, c.Backup, c.DataDir, c.MasterKeyFile, erased)
	if err != nil {
		return err
	}
	out := verifiedOf(c.Backup, v)
	out.DataDir = c.DataDir
	out.Erasures, out.Lacks = path, &lacks
	if erased != nil {
		out.Again, out.Listed = &v.Again, &erased.Made
	}
	if err := printVerified(t.out, c.JSON, out, "Restored"); err != nil || c.JSON {
		return err
	}
	erasures := "Warning: there is no list of erasures (" + lacks + "). What was erased after " + v.Manifest.MadeAt.UTC().Format(time.RFC3339) + " may be back. Before you start the engine, look for a copy of the list, remove " + c.DataDir +
		" and restore again with --erasures FILE; if there is none, erase again what was erased since."
	if out.Again != nil {
		erasures = "The engine erases again, when it starts, what the backup does not know of: " + counted(*out.Again, "erasure") + ". The list, " + path + ", is of " + out.Listed.UTC().Format(time.RFC3339) + ": what was erased later is back; erase it again."
	}
	_, err = fmt.Fprintf(t.out, "An engine that starts on %s goes on from there: before it creates anything, it looks whether Smokeball has it already.\n"+
		"The engine that was backed up must never be started again on its own data. Have CaseHug send again what it published after the backup.\n%s\n", c.DataDir, erasures)
	return err
}

func printVerified(out io.Writer, asJSON bool, v verified, done string) error {
	if asJSON {
		return printJSON(out, v)
	}
	newest := ""
	if v.Newest != nil {
		newest = ", the newest of " + v.Newest.UTC().Format(time.RFC3339)
	}
	key := "It holds the master key file: whoever has it can read everything. Encrypt it."
	if !v.MasterKey {
		key = "It does not hold the master key file, without which it can't be read: keep that file apart from it."
	}
	if v.Erasures != "" && v.Again == nil {
		key += "\nWhat is erased after it is erased again by a restore that finds the list in " + v.Erasures + ": keep that file, or a copy, apart from the data directory."
	}
	_, err := fmt.Fprintf(out, "%s %s: %s in %s (%d bytes, %s), up to ledger position %d%s.\n"+
		"Every file, hash chain and data key was checked, and %s of the ledger.\n%s\nDelete it on %s: what is erased until then is still in it.\n",
		done, v.Dir, counted(v.Events, "event"), counted(v.Streams, "stream"), v.Bytes, counted(v.Files, "file"), v.Position, newest,
		counted(v.Signatures, "signature"), key, v.Until.UTC().Format(time.DateOnly))
	return err
}
