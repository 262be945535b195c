package architecture_test

// rule says what of this module a package may import.
type rule struct {
	folder string   // of the package; a trailing /… covers all folders below
	may    []string // other packages of this module
	tests  []string // what its tests may import beside that
	libs   bool     // whether it may import libraries
	wires  bool     // whether it puts adapters together, and so may import them
	some   []string // the libraries that it may import, where it may not import others
	why    string
}

// all stands for every package of this module.
const all = "…"

// table is the whole architecture: what is not listed here is not allowed, and a
// package that is not listed here may not exist.
var table = []rule{
	{folder: "domain", some: []string{"golang.org/x/text/cases", "golang.org/x/text/unicode/norm"},
		why: "facts and decisions are pure, so that they can be told and tested without anything else; Unicode's composed form and case folding are pure, and the standard library has neither"},

	{folder: "internal/retry",
		why: "a delay is a number and chance; the standard library has both"},
	{folder: "internal/wording", may: []string{"domain"},
		why: "a sentence is made of what a fact holds, wherever it is shown"},
	{folder: "internal/doctor",
		why: "a check knows its code and its causes, not what it looks at; the report is the same wherever it is read"},
	{folder: "internal/boltfile", some: []string{"go.etcd.io/bbolt", "go.etcd.io/bbolt/errors"},
		why: "pages are damaged in the same ways whatever is on them"},
	{folder: "internal/disk",
		why: "a file system keeps what it is told or does not, whatever it is"},
	{folder: "internal/keyed",
		why: "a lock knows keys, not what they mean"},

	{folder: "eventstore", may: []string{"domain", "internal/boltfile", "internal/disk", "internal/retry"}, libs: true,
		tests: []string{"eventstore/eventstoretest"},
		why:   "a ledger stores domain events; both kinds of it pass one suite"},
	{folder: "eventstore/eventstoretest", may: []string{"domain", "eventstore"}, libs: true,
		why: "the suite speaks of nothing but the Store's contract"},
	{folder: "projections", may: []string{"domain", "eventstore", "internal/boltfile", "internal/wording"}, libs: true,
		why: "rows are folded from the ledger, and know no one who shows them"},

	{folder: "adapters/bus", may: []string{"domain", "internal/atrest", "internal/disk", "internal/retry"}, libs: true,
		why: "it speaks NATS on one side and the domain on the other"},
	{folder: "adapters/casehug", may: []string{"domain"}, libs: true, tests: []string{"internal/wording"},
		why: "it speaks CaseHug's events on one side and the domain on the other"},
	{folder: "adapters/smokeball", may: []string{"domain", "internal/keyed", "internal/retry"}, libs: true, tests: []string{"internal/wording"},
		why: "it speaks Smokeball's API on one side and the domain on the other"},
	{folder: "adapters/web/words",
		why: "numbers, times and sentences are written alike in answers and on pages, and mean nothing here"},
	{folder: "adapters/web/problem", may: []string{"domain", "internal/wording", "adapters/web/words"},
		why: "every room answers errors in one way; it turns the domain's rejections and call errors into documents"},
	{folder: "adapters/web/ports", may: []string{"domain", "projections"},
		why: "it says what the rooms require of the engine, and holds nothing"},
	{folder: "adapters/web/auth", may: []string{"domain", "adapters/web/ports", "adapters/web/problem", "adapters/web/words"}, libs: true,
		why: "who comes in does not depend on what for: it knows neither rows nor pages, which it shows through a port"},
	{folder: "adapters/web/reading", may: []string{"domain", "projections", "internal/wording", "adapters/web/ports", "adapters/web/problem", "adapters/web/words"},
		why: "API and console show the same rows, so one room reads them for both, whoever asks"},
	{folder: "adapters/web/api", may: []string{"domain", "projections", "adapters/web/auth", "adapters/web/ports", "adapters/web/problem", "adapters/web/reading", "internal/doctor", "internal/idempotency"}, libs: true,
		why: "it speaks JSON to programs, and knows no page"},
	{folder: "adapters/web/console", may: []string{"domain", "projections", "adapters/web/auth", "adapters/web/ports", "adapters/web/problem", "adapters/web/reading", "adapters/web/words", "internal/wording"},
		why: "it shows pages to people, and knows nothing of the API"},
	{folder: "adapters/web", may: []string{"domain", "projections", "adapters/web/api", "adapters/web/auth", "adapters/web/console", "adapters/web/ports", "adapters/web/problem", "adapters/web/reading", "internal/doctor", "internal/idempotency"}, libs: true,
		tests: []string{"eventstore"},
		why:   "it holds the route table and puts the rooms together; its tests tell the rows a story through a ledger"},
	{folder: "adapters/lease", may: []string{"internal/retry"}, libs: true,
		why: "who holds a lease does not depend on what for"},
	{folder: "adapters/secrets", may: []string{"internal/vault"}, libs: true,
		why: "it keeps in NATS what the vault has sealed"},

	{folder: "internal/syncing", may: []string{"domain", "eventstore", "internal/keyed", "internal/retry"}, libs: true,
		tests: []string{"internal/rig/smokeballsim", "internal/rig/practice", "internal/readback", "internal/bulk", "adapters/smokeball", "projections", "eventstore/eventstoretest"},
		why:   "handlers decide and append, and call out through their own ports; its tests run them against the simulator through the real client and rows"},
	{folder: "internal/agenda", may: []string{"domain"},
		why: "when something of a firm is due does not depend on what"},
	{folder: "internal/readback", may: []string{"domain", "eventstore", "internal/agenda", "internal/retry"},
		why: "it reads through a port of its own and records what it saw; the stories of syncs run it against the simulator"},
	{folder: "internal/bulk", may: []string{"domain", "eventstore", "internal/keyed", "internal/retry"},
		why: "it asks for the syncs of many matters and records what came of them; how one is synced it does not know"},
	{folder: "internal/connect", may: []string{"domain", "eventstore", "internal/agenda", "internal/vault", "internal/keyed", "internal/retry", "internal/wording"}, libs: true,
		tests: []string{"internal/inbound", "internal/rig/smokeballsim", "adapters/secrets", "adapters/smokeball", "projections", "eventstore/eventstoretest"},
		why:   "it keeps connections: facts in the ledger, secrets in the vault; its tests connect to the simulator through the real client, and read real rows"},
	{folder: "internal/inbound", may: []string{"domain", "eventstore", "internal/keyed", "internal/syncing"},
		tests: []string{"adapters/bus", "adapters/casehug", "adapters/smokeball"},
		why:   "what is poison and what a dead letter keeps is decided here, and appended through syncing; its tests read real messages with the real adapters"},
	{folder: "internal/session", may: []string{"domain", "internal/vault"}, libs: true,
		tests: []string{"adapters/secrets"},
		why:   "a session is a sealed token and two times, whoever shows pages"},
	{folder: "internal/idempotency", may: []string{"internal/keyed", "internal/vault"},
		tests: []string{"adapters/secrets"},
		why:   "a call is a key and a sealed answer, whatever it does"},
	{folder: "internal/audit", may: []string{"domain", "eventstore"},
		why: "it appends what was refused, whoever refused it"},
	{folder: "internal/rig/practice", may: []string{"domain"},
		why: "a story is told in CaseHug's words, wherever it is played"},
	{folder: "internal/backup",
		why: "a backup is files and a manifest, whatever they hold; what is copied in which order the engine decides"},
	{folder: "internal/erasure", may: []string{"domain", "eventstore", "internal/retry"},
		why: "it decides what goes and in which order; what holds it, it reaches through ports of its own"},
	{folder: "internal/retention", may: []string{"domain", "eventstore", "internal/retry"}, tests: []string{"projections", "eventstore/eventstoretest"},
		why: "it decides what has expired; which rows there are, and who was told of them, it asks through ports of its own"},
	{folder: "internal/sealing", may: []string{"domain", "eventstore", "internal/disk", "internal/retry", "internal/vault"}, tests: []string{"eventstore/eventstoretest"}, libs: true,
		why: "it seals the ledger's events on the way to the disk with keys that the vault wraps"},
	{folder: "internal/vault", libs: true,
		why: "sealing knows bytes and keys, not what they mean"},
	{folder: "internal/rig/smokeballsim", libs: true,
		why: "a stand-in that shared our code would share our mistakes"},
	{folder: "internal/rig/crashtest", may: []string{"domain", "eventstore", "projections", "internal/disk", "internal/retry", "internal/sealing"}, tests: []string{"internal/vault"}, libs: true,
		why: "it treats the engine as a stranger would, and reads what a dead one leaves behind"},
	{folder: "internal/rig/planted",
		why: "it changes the engine as text, and lets others look"},
	{folder: "internal/rig/bench", may: []string{"domain", "eventstore", "projections", "adapters/bus", "adapters/casehug", "adapters/secrets", "adapters/smokeball", "internal/config", "internal/connect", "internal/engine", "internal/retry", "internal/rig/smokeballsim", "internal/sealing", "internal/vault"}, libs: true, wires: true,
		why: "it measures a whole engine from outside, and beside it what the ledger, the rows and the bus do alone"},
	{folder: "internal/architecture",
		why: "it reads the code as text"},
	{folder: "internal/doccheck", tests: []string{"domain", "adapters/smokeball", "internal/doctor"},
		why: "it compares the documents with what the code says of itself, and runs the programs as a stranger would"},

	{folder: "internal/atrest", libs: true,
		why: "it reads and writes the embedded server's files"},
	{folder: "internal/config", may: []string{"domain", "adapters/smokeball", "internal/syncing"}, libs: true, wires: true,
		why: "the settings name Smokeball's hosts and apps and the waits of syncs, and are checked before anything is opened"},
	{folder: "internal/engine", may: []string{all}, libs: true, wires: true,
		why: "it fits what one adapter offers to what another part requires; nothing but the command line and the demo imports it"},
	{folder: "internal/demo", may: []string{"domain", "projections", "adapters/bus", "adapters/casehug", "internal/config", "internal/engine", "internal/rig/practice", "internal/rig/smokeballsim", "internal/wording"}, libs: true, wires: true,
		why: "it plays CaseHug and Smokeball for a whole engine"},
	{folder: "internal/cli", may: []string{"domain", "projections", "adapters/web/api", "adapters/web/reading", "adapters/web/words", "internal/config", "internal/demo", "internal/doctor", "internal/engine", "internal/retry", "internal/wording"}, libs: true, wires: true,
		tests: []string{"eventstore", "adapters/bus", "adapters/casehug", "adapters/smokeball", "internal/atrest", "internal/connect", "internal/rig/smokeballsim", "internal/sealing", "internal/vault"},
		why:   "it carries commands out and prints what the API answers; its tests run the program as it is shipped"},

	{folder: "examples/…", libs: true,
		why: "a stranger's program knows the outside contract only"},
	{folder: "cmd/smokeball-sync", may: []string{"internal/cli"},
		why: "it is a door: a context that signals end, and the command line"},
	{folder: "cmd/smokeball-sim", may: []string{"internal/rig/smokeballsim"}, libs: true,
		why: "it runs the simulator by itself"},
}

// impure are the standard packages that the domain may not import: they bring in
// time-outs, the outside world, or chance.
var impure = []string{"context", "net", "os", "log", "math/rand", "sync", "runtime", "syscall", "io/ioutil", "unsafe"}

// clocks are the functions of package time that look at a clock or wait for it. In
// the domain times come in as arguments.
var clocks = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}

// catchAlls are folder names that say nothing about what belongs there.
var catchAlls = []string{"utils", "util", "common", "helpers", "helper", "misc", "shared", "lib"}
