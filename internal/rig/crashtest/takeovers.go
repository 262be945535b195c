package main

import (
	"slices"
	"time"
)

// takeover is how long after a strike another engine led, and changed something in Smokeball.
type takeover struct {
	leads, writes time.Duration
	before        []string // its calls before that change
}

// What is promised of the time from a strike at the leading engine to the first change that
// another one makes. One that dies or hangs is missed when its entry ends; one that is told
// to stop hands its lease over.
const (
	killedWithin     = 10 * time.Second
	terminatedWithin = 2 * time.Second
)

// takeovers are those of a campaign, by the kind of strike.
type takeovers map[string][]takeover

func (a takeovers) add(kind string, t takeover) { a[kind] = append(a[kind], t) }

// judgeTakeovers notes the table, and as a fault what took longer than is promised.
func (t *trial) judgeTakeovers(all takeovers) {
	for _, k := range allStrikes() {
		list := all[k.name]
		if len(list) == 0 {
			continue
		}
		leads, writes := column(list, func(o takeover) time.Duration { return o.leads }), column(list, func(o takeover) time.Duration { return o.writes })
		t.note("%s, %d times: another engine led after %s (median), %s (slowest), and wrote after %s (median), %s (slowest)",
			k.name, len(list), took(leads[len(leads)/2]), took(leads[len(leads)-1]), took(writes[len(writes)/2]), took(writes[len(writes)-1]))
		if promised := k.promised * t.leniency(); k.promised > 0 && writes[len(writes)-1] > promised {
			t.fault("after %s another engine wrote after %s only; %s are promised", k.name, took(writes[len(writes)-1]), k.promised)
		}
	}
}

// leniency is by what the promises may be exceeded.
func (b *bench) leniency() time.Duration {
	if b.short {
		return tolerance
	}
	return 1
}

// column is one figure of the list, the smallest first.
func column(list []takeover, of func(takeover) time.Duration) (sorted []time.Duration) {
	for _, o := range list {
		sorted = append(sorted, of(o))
	}
	slices.Sort(sorted)
	return sorted
}
