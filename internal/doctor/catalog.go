package doctor

// The codes of the checks.
const (
	Engine        Code = "engine"
	Version       Code = "version"
	Configuration Code = "configuration"
	Files         Code = "files"
	Disk          Code = "disk"
	Bus           Code = "bus"
	Streams       Code = "streams"
	Messages      Code = "messages"
	Keys          Code = "keys"
	Ledger        Code = "ledger"
	Erasures      Code = "erasures"
	Signature     Code = "signature"
	Views         Code = "views"
	Clock         Code = "clock"
	SignIn        Code = "sign_in"
	Smokeball     Code = "smokeball"
	Connection    Code = "connection"
	Answers       Code = "answers"
	Webhooks      Code = "webhooks"
	PublicURL     Code = "public_url"
	Allowance     Code = "allowance"
	Syncs         Code = "syncs"
	DeadLetters   Code = "dead_letters"
)

// Entry documents a check: docs/doctor.md is made of the catalog.
type Entry struct {
	Code  Code
	Title string
	Looks string // what is checked
	Means string // what a failure means
	Cure  string
}

// Catalog is every check, causes before effects.
func Catalog() []Entry { return append(machineEntries(), firmEntries()...) }

func titleOf(c Code) string {
	for _, e := range Catalog() {
		if e.Code == c {
			return e.Title
		}
	}
	return string(c)
}

func machineEntries() []Entry {
	return []Entry{
		{Engine, "Engine", "Whether an engine that left its address in `operator.json` answers, and if not, whether a process still holds the ledger.",
			"Failed: a process holds the ledger and does not answer; nothing else can be read then.",
			"Read the engine's log. End that process by its id and start it again: it goes on where it was."},
		{Version, "Version", "Whether this program and the running engine are of the same version.",
			"Warning: they differ; a command may not know what the engine answers.",
			"Run the program that the engine was started with, or start the engine again with the new one."},
		{Configuration, "Configuration", "Each setting, as `serve` would check it; of a running engine what its settings prevent.",
			"Failed: `serve` would stop with the same lines.",
			"Correct the variables that are named; each line says what its variable needs."},
		{Files, "File permissions", "Whether the engine's user may read and write what is in `ENGINE_DATA_DIR`, and whether others may read it or the files that settings name.",
			"Failed: the engine can't write there. Warning: other users of the machine may read secrets or personal data.",
			"`chmod go=` for what others may read; `chmod u+w` for what the engine's user can't write."},
		{Disk, "Disk room", "The free space on the disk of `ENGINE_DATA_DIR`: below 256 MiB is a failure, below 1 GiB a warning.",
			"On a full disk the engine takes no events in; it loses none, and goes on when there is room.",
			"Free space or enlarge the disk. The ledger may not be shortened."},
		{Bus, "Bus", "Whether the NATS server answers, and whether it stores messages. Of a stopped engine on one machine whether the numbers of the messages in its files are in order.",
			"No event gets in or out; publishers get no acknowledgement and publish again.",
			"On one machine: free the disk; the engine starts its server again by itself. Where a number is damaged, run the command that `doctor` shows. On a cluster: check the servers of `ENGINE_NATS_URL`, `ENGINE_NATS_CREDS` and `ENGINE_NATS_CA`."},
		{Streams, "Streams", "Whether the bus has the engine's streams and consumers, how full they are, and on a cluster whether it can make others.",
			"Failed: one is missing or full. Warning: more than 10,000 messages wait, a stream is 80 % full, or the cluster has no meta leader: what is there goes on, and no engine can start.",
			"Start the engine again: it makes what is missing. What waits is worked off by itself; if it grows, read the engine's log."},
		{Messages, "Messages", "The messages in the streams `INBOX` and `OUTBOX`: all that wait and the newest 10,000 others are read. Of a stopped engine with the embedded server they are read from a copy.",
			"Failed: messages that publishers got an acknowledgement for are gone before the engine took them in. Warning: messages are damaged that the ledger has already, or waiting ones will become dead letters.",
			"Have CaseHug publish again what it published since the last event in the ledger: what was taken in already changes nothing. Smokeball's lost webhooks are made up for by the next sweep."},
		{Keys, "Keys", "The master key file is opened, and with it every sealed token and webhook key; every data key of the ledger, in the file `data-keys` or on a cluster in the stream `DATA_KEYS`, must be one that it opens.",
			"Without it no token can be used and nothing that the ledger says of persons can be read; the engine does not start.",
			"Restore the master key file from your backup. If it is lost for good: `smokeball-sync keys forget`; the firms connect again, and what waits in an encrypted bus is lost."},
		{Ledger, "Ledger", "Every event is read: each stream's versions have no gap, each hash chain holds, and the log reaches its high-water mark. Of a stopped engine the file's pages are read, too, and each event that is gone is named.",
			"Events are damaged or missing. The engine does not start on such a ledger.",
			"Stop the engine, keep the damaged files, and run `smokeball-sync restore` with the newest backup and an empty data directory."},
		{Signature, "Signatures", "The ledger is compared with every signature that the engine made with its master key.",
			"The ledger was rewritten by somebody who has no master key, or the master key file is another one.",
			"Check `keys` first. Then restore the newest backup; `smokeball-sync backup verify` makes this check of a backup."},
		{Views, "Views", "Whether the rows that pages and answers show include the ledger's newest event. Of a stopped engine the ledger is folded again and each row in `views.db` compared with that.",
			"Warning: pages show older facts for now. Failed: `views.db` is damaged, and pages may show what the ledger does not say. Nothing is lost: views are folded from the ledger.",
			"Wait; if it stays or has failed, stop the engine, remove `views.db` and start it: the views are folded again."},
		{Erasures, "List of erasures", "Whether the file in which the engine keeps the list of what was erased says what the ledger says, and whether it would be lost with the data directory.",
			"Failed: the list lacks erasures. Warning: it is in the data directory. A backup that is older than the last erasure and is restored without a whole list brings persons back.",
			"Name a file on another disk in `ENGINE_ERASURES_FILE`, which the engine’s user may write; the engine writes it again by itself. `smokeball-sync erase list --out FILE` writes one at once."},
		{Clock, "Clock", "This machine's time beside the time in Smokeball's answers, and whether the ledger has events of the future. More than 30 seconds apart is a warning, more than 2 minutes a failure.",
			"Tokens look expired or not yet valid, and times in the history are wrong.",
			"Have the machine's clock set by NTP: `timedatectl set-ntp true`."},
		{SignIn, "CaseHug's sign-in", "Whether `ENGINE_JWKS_URL` answers with keys.",
			"Nobody can sign in to the console, and API calls are refused.",
			"Set `ENGINE_JWKS_URL` to CaseHug's key set and make it reachable from here."},
		{Smokeball, "Smokeball", "Whether Smokeball's hosts answer, and whether its sign-in takes the app's credentials. This uses none of the allowance.",
			"No firm can sync, whatever its own connection is.",
			"Check the network to the hosts and `SMOKEBALL_CLIENT_ID`, `SMOKEBALL_CLIENT_SECRET` and `SMOKEBALL_REGION`."},
	}
}

func firmEntries() []Entry {
	return []Entry{
		{Connection, "Connections", "Each firm's connection to Smokeball, as the ledger knows it.",
			"Failed: the firm's syncs wait until a firm admin connects again. Warning: the sign-in ends within days, has been begun and not finished, or is missing while syncs wait for it. A firm that is not connected and has nothing to sync is counted only.",
			"A firm admin opens Settings → Integrations and clicks the button on the Smokeball card."},
		{Answers, "Smokeball's answers", "Whether Smokeball answers each connected firm's calls.",
			"The firm's syncs wait; they go on by themselves.",
			"Usually nothing. If it stays while `smokeball` is in order, read the card's last problem."},
		{Webhooks, "Webhooks", "Each connected firm's subscription, and whether sweeps found changes that no webhook told of.",
			"Changes in Smokeball are seen minutes later, by sweeps, instead of at once.",
			"A firm admin clicks Register Webhooks in Settings → Integrations → Advanced, and then Test. Check `public_url`."},
		{PublicURL, "Public address", "Whether the engine's `/healthz` answers at `ENGINE_PUBLIC_URL`, and whether Smokeball can reach that address.",
			"Webhooks do not arrive, and browsers do not come back from Smokeball's sign-in.",
			"Let the proxy pass `ENGINE_PUBLIC_URL` to `ENGINE_LISTEN`, with the whole path."},
		{Allowance, "Allowance", "How much of Smokeball's rate limit the last minute used, and whether Smokeball asked for a pause.",
			"Warning: calls queue; syncs take longer and lose nothing.",
			"Wait, or ask Smokeball for more and raise `SMOKEBALL_RATE`."},
		{Syncs, "Syncs", "Whether each firm's running syncs make progress.",
			"Warning: a running sync had no fact and no call for a minute although it waits for nothing, which is a defect.",
			"Start the engine again: the sync goes on. Report it with `smokeball-sync doctor gather`."},
		{DeadLetters, "Dead letters", "Whether events wait among the dead letters.",
			"Warning: what those events say is not in Smokeball.",
			"Correct them in CaseHug, then `smokeball-sync dead-letters list` and retry or discard."},
	}
}
