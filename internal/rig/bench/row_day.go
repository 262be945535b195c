package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/internal/retry"
	"github.com/casehug/smokeball-sync/internal/rig/smokeballsim"
)

// daySeconds are what the length of a compressed day stands for, and allowanceOfADay the calls
// that Smokeball grants an app in it, at five a second.
const (
	daySeconds      = 24 * 60 * 60
	allowanceOfADay = 5 * daySeconds
	fastest         = 1000 // calls a second, the most that the settings take
)

// day is a day of many firms, in a shorter time: all that CaseHug, people and Smokeball do within it,
// with the allowance of as many calls. Latencies of the machine are not compressed.
type day struct {
	*site
	firms   []*dayFirm
	length  time.Duration
	plan    []planned
	heard   *ears
	revoked int
}

// dayFirm is a firm with its account, and what the day has for it.
type dayFirm struct {
	id      domain.FirmID
	account string
	admin   string // a token
	matters []*dayMatter
	revoked bool // its sign-in ends in the middle of the day, and begins again
}

// dayMatter is a matter that the day brings, and what has to be in Smokeball of it at its end.
type dayMatter struct {
	firm      *dayFirm
	number    int
	kind      kind
	documents int
}

func (m *dayMatter) id() domain.MatterID { return matterNumber(m.number, 0).ID }

// measureDay plays the day.
func measureDay(ctx context.Context, l *lab) ([]result, error) {
	d := &day{length: l.lengthOfDay(), revoked: max(1, l.firmsOfDay()/200)}
	began := time.Now()
	if err := d.open(ctx, l, l.firmsOfDay()); err != nil {
		return nil, err
	}
	defer d.close()
	setUp := time.Since(began)
	if err := d.process.collect(); err != nil {
		return nil, err
	}
	idle, diskBefore, err := d.state()
	if err != nil {
		return nil, err
	}
	d.planAll(l.mattersOfDay())
	before := d.scrape(ctx)
	if err := d.process.resetPeak(); err != nil {
		return nil, err
	}
	cpu, calls := d.process.cpu(), d.smokeball.Counts()
	began = time.Now()
	late, err := d.play(ctx)
	if err != nil {
		return nil, err
	}
	drained, err := d.drain(ctx, began)
	if err != nil {
		return nil, err
	}
	afterwards, err := d.await(ctx)
	if err != nil {
		return nil, err
	}
	took := time.Since(began)
	cpu = d.process.cpu() - cpu
	after := d.scrape(ctx)
	made := d.smokeball.Counts()
	if err := d.process.collect(); err != nil {
		return nil, err
	}
	busy, disk, err := d.state()
	if err != nil {
		return nil, err
	}
	lost, doubled := d.judge()
	made.TooMany -= calls.TooMany
	f := dayFigures{setUp: setUp, took: took, late: late, drained: drained, idle: idle, busy: busy, disk: disk - diskBefore, cpu: cpu,
		calls: made.Calls() - calls.Calls(), tooMany: made.TooMany, lost: lost, doubled: doubled, afterwards: afterwards, slots: slotWaits(before, after)}
	return d.report(f), nil
}

// open starts the engine as a process and connects the firms, with webhooks.
func (d *day) open(ctx context.Context, l *lab, n int) (err error) {
	accounts := make([]smokeballsim.Account, n)
	for i := range n {
		accounts[i] = smokeballsim.Account{ID: fmt.Sprintf("0a4c0000-0000-4000-8000-%012d", i), Name: fmt.Sprint("Firm ", i)}
		d.firms = append(d.firms, &dayFirm{id: firmNumber(i), account: accounts[i].ID, revoked: i%max(1, n/d.revoked) == n/d.revoked/2})
	}
	rate := strconv.FormatFloat(min(fastest, allowanceOfADay/d.length.Seconds()), 'f', 0, 64)
	visible := ""
	if l.short {
		visible = "5s" // the outage leaves calls without an answer, and the short form has no half a minute for each
	}
	if d.site, err = l.openSite(ctx, conditions{rate: rate, burst: rate, apart: true, late: true, visible: visible, accounts: accounts}); err != nil {
		return err
	}
	return inParallel(ctx, n, func(i int) error { return d.join(ctx, d.firms[i]) })
}

// join connects a firm and registers its webhooks.
func (d *day) join(ctx context.Context, f *dayFirm) (err error) {
	if f.admin, err = d.adminOf(f.id); err != nil {
		return err
	}
	if err := d.signIn(ctx, f); err != nil {
		return fmt.Errorf("connect %s: %w", f.id, err)
	}
	return d.callOf(ctx, f.id, f.admin, "POST", "/webhooks", nil, nil)
}

// signIn is a firm admin who signs the firm in at Smokeball.
func (d *day) signIn(ctx context.Context, f *dayFirm) error {
	var link struct {
		URL string `json:"authorize_url"`
	}
	if err := d.callOf(ctx, f.id, f.admin, "POST", "/connection/authorize", nil, &link); err != nil {
		return err
	}
	return d.consentAs(ctx, f.admin, link.URL, f.account)
}

// play does what is planned, each at its time, and returns how late something was at most.
func (d *day) play(ctx context.Context) (late time.Duration, err error) {
	if d.heard, err = d.listen(ctx); err != nil {
		return 0, err
	}
	began := time.Now()
	due := make(chan planned)
	var mu sync.Mutex
	var failed error
	var all sync.WaitGroup
	for range 32 { // services, people and Smokeball do things at once
		all.Go(func() {
			for a := range due {
				behind := time.Since(began) - a.at
				err := a.do(ctx, d)
				mu.Lock()
				late = max(late, behind)
				if failed == nil && err != nil {
					failed = err
				}
				mu.Unlock()
			}
		})
	}
	for _, a := range d.plan {
		if err := retry.Wait(ctx, a.at-time.Since(began)); err != nil {
			break
		}
		due <- a
	}
	close(due)
	all.Wait()
	if failed != nil {
		return late, failed
	}
	return late, context.Cause(ctx)
}

// drain waits until all that was asked for is done, and returns how long after the day's end.
func (d *day) drain(ctx context.Context, began time.Time) (time.Duration, error) {
	for left, moved := d.heard.left(); left > 0; left, moved = d.heard.left() {
		if time.Since(moved) > time.Minute {
			return 0, fmt.Errorf("%d syncs and changes have not been told for a minute: %s", left, strings.Join(d.heard.some(5), ", "))
		}
		if err := retry.Wait(ctx, 100*time.Millisecond); err != nil {
			return 0, err
		}
	}
	return max(0, time.Since(began)-d.length), nil
}

// await waits until Smokeball has all, for two minutes at most: what was asked for while a sync ran comes with the
// next one, and CaseHug is told of the first before. It returns how much came so.
func (d *day) await(ctx context.Context) (afterwards int, err error) {
	lost, _ := d.judge()
	missing := len(lost)
	for end := time.Now().Add(2 * time.Minute); len(lost) > 0 && time.Now().Before(end); lost, _ = d.judge() {
		if err := retry.Wait(ctx, time.Second); err != nil {
			return 0, err
		}
	}
	return missing - len(lost), nil
}

// state is what the engine holds in memory and on the disk.
func (d *day) state() (memory, int64, error) {
	size, err := sizeOf(d.cfg.DataDir)
	return d.process.memory(), size, err
}
