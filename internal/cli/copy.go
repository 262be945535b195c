package cli

import (
	"fmt"
	"io"

	"github.com/casehug/smokeball-sync/internal/config"
	"github.com/casehug/smokeball-sync/internal/engine"
)

// copyCmd copies a ledger, with all that belongs to it, to the other kind.
type copyCmd struct {
	ToCluster   copyToCmd   `cmd:"" name:"to-cluster" help:"From the data directory of a stopped engine to a NATS cluster on which no engine has run."`
	FromCluster copyFromCmd `cmd:"" name:"from-cluster" help:"From a NATS cluster whose engines are stopped to a new data directory."`
}

// copyWhere names both sides.
type copyWhere struct {
	where         `embed:""`
	MasterKeyFile string `name:"master-key-file" setting:"ENGINE_MASTER_KEY_FILE" help:"The master key file, which both sides share; by default in the data directory ($$ENGINE_MASTER_KEY_FILE)." placeholder:"FILE"`
	NATSURL       string `name:"nats-url" setting:"ENGINE_NATS_URL" help:"URLs of the NATS cluster ($$ENGINE_NATS_URL)."`
	NATSCreds     string `name:"nats-creds" setting:"ENGINE_NATS_CREDS" help:"Credentials for the cluster ($$ENGINE_NATS_CREDS)." placeholder:"FILE"`
	NATSCA        string `name:"nats-ca" setting:"ENGINE_NATS_CA" help:"CA certificates for the cluster ($$ENGINE_NATS_CA)." placeholder:"FILE"`
}

type copyToCmd struct {
	copyWhere `embed:""`
	Replicas  int `name:"replicas" setting:"ENGINE_REPLICAS" default:"3" help:"Replicas of each stream: 1, 3 or 5 ($$ENGINE_REPLICAS)."`
}

type copyFromCmd struct {
	copyWhere `embed:""`
}

// copiedBody is a copy as --json prints it.
type copiedBody struct {
	Events     int               `json:"events"`
	Streams    int               `json:"streams"` // of the ledger
	Position   uint64            `json:"position"`
	Sealed     uint64            `json:"sealed"`     // events whose texts were not sealed before
	Signatures int               `json:"signatures"` // that fitted, and were made again
	Old        string            `json:"old_digest"`
	New        string            `json:"new_digest"`
	Messages   map[string]uint64 `json:"messages"` // of each stream and bucket
}

// settings are those of the copy.
func (c copyWhere) settings() (config.Settings, error) {
	if c.NATSURL == "" {
		return config.Settings{}, &config.UsageError{Err: fmt.Errorf("ENGINE_NATS_URL is empty; it needs the URLs of the NATS cluster")}
	}
	return engine.CopySettings(c.DataDir, c.MasterKeyFile, c.NATSURL, c.NATSCreds, c.NATSCA), nil
}

// Run copies to a cluster.
func (c *copyToCmd) Run(t *terminal) error {
	cfg, err := c.settings()
	if err != nil {
		return err
	}
	if c.Replicas != 1 && c.Replicas != 3 && c.Replicas != 5 {
		return &config.UsageError{Err: fmt.Errorf("ENGINE_REPLICAS is %d; it needs 1, 3 or 5", c.Replicas)}
	}
	copied, err := engine.CopyToCluster(t.ctx, cfg, c.Replicas)
	if err != nil {
		return err
	}
	return printCopied(t.out, c.JSON, copied, "Engines that start on the cluster go on from there, each with a new data directory and this master key file.\n"+
		"Never start an engine on "+c.DataDir+" again.")
}

// Run copies from a cluster.
func (c *copyFromCmd) Run(t *terminal) error {
	cfg, err := c.settings()
	if err != nil {
		return err
	}
	copied, err := engine.CopyFromCluster(t.ctx, cfg)
	if err != nil {
		return err
	}
	return printCopied(t.out, c.JSON, copied, "An engine that starts on "+c.DataDir+" without ENGINE_NATS_URL and with this master key file goes on from there. Its ledger is sealed.\n"+
		"Never start an engine on the cluster again, and delete its streams: they hold names.")
}

func printCopied(out io.Writer, asJSON bool, c engine.Copied, next string) error {
	body := copiedBody{Events: c.Ledger.Events, Streams: c.Ledger.Streams, Position: uint64(c.Ledger.Last), Sealed: c.Statement.Sealed, Signatures: c.Proof.Signatures,
		Old: c.Statement.Old, New: c.Statement.New, Messages: c.Messages}
	if asJSON {
		return printJSON(out, body)
	}
	messages := uint64(0)
	for _, n := range body.Messages {
		messages += n
	}
	_, err := fmt.Fprintf(out, "Copied and compared %s in %s, up to ledger position %d, with %s of the ledger and %s of %s.\n%s\n",
		counted(body.Events, "event"), counted(body.Streams, "stream"), body.Position, counted(body.Signatures, "signature"),
		counted(int(messages), "message"), counted(len(body.Messages), "stream"), next)
	return err
}
