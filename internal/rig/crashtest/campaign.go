package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// campaign is one way to bring the engine down, again and again.
type campaign struct {
	name, says  string
	long, short int // cycles
	run         func(context.Context, *trial) error
}

func campaigns() []campaign {
	return []campaign{
		{"points", "SIGKILL to itself at named points", 50 * len(points()), 2 * len(points()), killAtPoints},
		{sweepsCampaign, "SIGKILL to itself at the acts of sweeps, without webhooks", 50 * len(sweepPoints()), 2 * len(sweepPoints()), killSweeps},
		{"kills", "SIGKILL at random moments", 1000, 15, killAtRandom},
		{"power", "power cuts of a file system under load", 300, 5, cutPower},
		{"full", "a disk that fills up under load and gets space again", 40, 2, fillUp},
		{"stops", "SIGTERM, once and twice in turn, under load", 40, 4, stopAndStopAgain},
		{clusterCampaign, "kills, freezes, stops and partitions of engines and NATS nodes side by side", 100, 6, strikeCluster},
		{"pairs", "matters and their documents told in any order within milliseconds, and no kill", 10_000, 150, publishInAnyOrder},
		{daysCampaign, "what goes wrong around an engine, under load, and is cured", 60, 6, spoilDays},
		{damageCampaign, "flipped bits, cut, missing, emptied and swapped pages in the ledger, the views, the keys and the bus", 800, 12, damageFiles},
		{historiesCampaign, "clients of one ledger, killed with the NATS nodes under them, whose answers must have an order", 200, 6, recordHistories},
		{"seeds", "seeded runs of bad luck in simulated time", 10_000, 40, runSeeds},
		{bulkCampaign, "a bulk sync of new matters of new clients, killed twice, beside live work", 10_000, 150, syncInBulk},
	}
}

func names() []string {
	var list []string
	for _, c := range campaigns() {
		list = append(list, c.name)
	}
	return list
}

// choose finds the campaigns of a list of names; all of them where it is empty.
func choose(list string) ([]campaign, error) {
	if list == "" {
		return campaigns(), nil
	}
	var chosen []campaign
	for name := range strings.SplitSeq(list, ",") {
		i := slices.IndexFunc(campaigns(), func(c campaign) bool { return c.name == name })
		if i < 0 {
			return nil, fmt.Errorf("-campaign is %s; it needs some of %s", list, strings.Join(names(), ", "))
		}
		chosen = append(chosen, campaigns()[i])
	}
	return chosen, nil
}

// trial is a campaign under way.
type trial struct {
	*bench
	*row
	chance     *rand.Rand
	worldsMade int
}

func (b *bench) trial(c campaign) *trial {
	n := c.long
	if b.short {
		n = c.short
	}
	if b.cycles > 0 {
		n = b.cycles
	}
	stream := uint64(slices.Index(names(), c.name)) // the same whatever else is run
	return &trial{bench: b, row: &row{name: c.name, planned: n}, chance: rand.New(rand.NewPCG(b.seed, stream))}
}

// between draws a time of at least low and less than high.
func (t *trial) between(low, high time.Duration) time.Duration {
	return low + time.Duration(t.chance.Int64N(int64(high-low)))
}

// fault notes something that must not be, with the cycle to look at.
func (t *trial) fault(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	t.faults = append(t.faults, text)
	t.say("%s, cycle %d: FAULT: %s\n  the same draws again: go run ./internal/rig/crashtest -campaign %s -seed %d\n", t.name, t.cycles, text, t.name, t.seed)
}

// note adds a remark to the campaign's row.
func (r *row) note(format string, args ...any) {
	r.notes = append(r.notes, fmt.Sprintf(format, args...))
}

// row is what a campaign measured.
type row struct {
	name              string
	planned, cycles   int
	uncounted         bool // effects are checked inside, not counted here
	smokeball, ledger int  // effects: matters, contacts and files
	lost, doubled     int
	stuck             int
	views             int // folds that differ from a new one
	people, told      int // matters whose status people changed, and changes that CaseHug was told of
	took              time.Duration
	notes, faults     []string
}

func (r *row) bad() bool { return r.lost+r.doubled+r.stuck+r.views+len(r.faults) > 0 }

func printTable(out io.Writer, rows []*row) {
	fmt.Fprintln(out)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "campaign\tcycles\tin Smokeball\tin the ledger\tlost\tdoubled\tstuck\tviews unlike\ttook\t")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%d\t%d\t%d\t%s\t\n", r.name, of(r.cycles, r.planned), r.effects(r.smokeball), r.effects(r.ledger),
			r.lost, r.doubled, r.stuck, r.views, r.took.Round(time.Second))
	}
	_ = w.Flush() // out is the terminal
	for _, r := range rows {
		if r.people > 0 {
			fmt.Fprintf(out, "%s: people changed the status of %d matters, and CaseHug was told of %d changes\n", r.name, r.people, r.told)
		}
		for _, n := range r.notes {
			fmt.Fprintf(out, "%s: %s\n", r.name, n)
		}
		for _, f := range r.faults {
			fmt.Fprintf(out, "%s: FAULT: %s\n", r.name, f)
		}
	}
}

func of(n, planned int) string {
	if n == planned {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d of %d", n, planned)
}

func (r *row) effects(n int) string {
	if r.uncounted {
		return "–"
	}
	return fmt.Sprint(n)
}
