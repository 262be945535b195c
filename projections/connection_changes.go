package projections

import (
	"sync"

	"github.com/casehug/smokeball-sync/domain"
)

// connectionChanges notes for each follower which firms' rows have changed, so that whoever looks at all
// firms reads those few again.
type connectionChanges struct {
	mu        sync.Mutex
	followers map[*connectionFollower]struct{}
}

// connectionFollower has what changed since it was asked last.
type connectionFollower struct {
	all   bool
	firms map[domain.FirmID]struct{}
}

// Follow follows the rows of all firms. changed yields those that have changed since it was called last:
// at first, after an error and after the file was replaced, all.
func (v ConnectionRows) Follow() (changed func(fn func(ConnectionRow)) error, stop func()) {
	f := &connectionFollower{all: true}
	v.changes.add(f)
	return func(fn func(ConnectionRow)) error {
		all, firms := v.changes.take(f)
		err := v.changed(all, firms, fn)
		if err != nil {
			v.changes.again(f)
		}
		return err
	}, func() { v.changes.remove(f) }
}

func (v ConnectionRows) changed(all bool, firms map[domain.FirmID]struct{}, fn func(ConnectionRow)) error {
	if all {
		return v.EachConnection(fn)
	}
	if len(firms) == 0 {
		return nil
	}
	return v.view(func(tx *snapshot) error {
		for firm := range firms {
			r, ok, err := get(tx, Connections, string(firm))
			if err != nil {
				return err
			}
			if ok {
				fn(r)
			}
		}
		return nil
	})
}

func (c *connectionChanges) add(f *connectionFollower) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.followers == nil {
		c.followers = map[*connectionFollower]struct{}{}
	}
	c.followers[f] = struct{}{}
}

func (c *connectionChanges) remove(f *connectionFollower) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.followers, f)
}

// take returns what the follower was not told of, which counts as told then.
func (c *connectionChanges) take(f *connectionFollower) (all bool, firms map[domain.FirmID]struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	all, firms = f.all, f.firms
	f.all, f.firms = false, nil
	return all, firms
}

// again lets the follower be told of all.
func (c *connectionChanges) again(f *connectionFollower) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f.all = true
}

// note notes what was committed.
func (c *connectionChanges) note(firms map[domain.FirmID]bearing) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for f := range c.followers {
		for firm := range firms {
			if f.firms == nil {
				f.firms = map[domain.FirmID]struct{}{}
			}
			f.firms[firm] = struct{}{}
		}
	}
}

// replaced notes that other rows have taken the place of all.
func (c *connectionChanges) replaced() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for f := range c.followers {
		f.all = true
	}
}
