package boltfile

import (
	"fmt"
	"os"
)

// circle looks whether the branch pages of a file lead back to one of themselves: bbolt would follow
// them for ever. It reads branch pages, and leaves where a bucket begins, so that a large file is opened
// fast. Check reads all pages.
func circle(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	w := &walk{file: file}
	m, ok := w.metas()
	if !ok {
		return nil // bbolt says so
	}
	w.pages = m.pages
	b := branches{walk: w, seen: map[uint64]bool{}, below: map[uint64]uint64{}}
	b.bucket(m.root, 0)
	if b.twice == 0 {
		for child, parent := range b.below {
			if b.seen[child] {
				b.twice = parent
			}
		}
	}
	if b.twice != 0 {
		return fmt.Errorf("%w: page %d leads to a page that leads to it", ErrDamaged, b.twice)
	}
	return nil
}

// branches are the branch pages of a file as they are followed.
type branches struct {
	*walk
	seen  map[uint64]bool
	below map[uint64]uint64 // pages taken for leaves, by the branch that leads there
	twice uint64            // a branch page that leads to one which was met before; 0: none does
}

// nested is how deep buckets lie in buckets: rows in a view.
const nested = 2

// bucket follows a bucket from its root.
func (b *branches) bucket(root uint64, depth int) {
	kind, list := b.read(root)
	switch {
	case kind == branchPage:
		b.follow(root, list, depth)
	case kind == leafPage:
		b.buckets(list, depth)
	}
}

// buckets follows those that stand on a leaf.
func (b *branches) buckets(list []element, depth int) {
	for _, e := range list {
		if e.flags != isBucket || len(e.value) < bucketSize || depth == nested {
			continue
		}
		if root := order.Uint64(e.value); root != 0 {
			b.bucket(root, depth+1)
		} else if inline := e.value[bucketSize:]; len(inline) >= headSize {
			_, within := elementsIn(inline)
			b.buckets(within, depth+1)
		}
	}
}

// follow follows what is below a branch page. All children of one are of a kind.
func (b *branches) follow(id uint64, list []element, depth int) {
	if b.twice != 0 || len(list) == 0 {
		return
	}
	b.seen[id] = true
	lowest, _ := b.read(list[0].child)
	for _, e := range list {
		switch {
		case b.seen[e.child]:
			b.twice = id
		case lowest != branchPage && depth > 0:
			b.below[e.child] = id
		default: // branches, or the leaves on which the buckets stand
			if kind, children := b.read(e.child); kind == branchPage {
				b.follow(e.child, children, depth)
			} else {
				b.buckets(children, depth)
			}
		}
	}
}

// read reads a page as far as it makes sense.
func (b *branches) read(id uint64) (kind uint16, list []element) {
	page := make([]byte, b.size)
	if _, err := b.file.ReadAt(page, int64(id)*b.size); id < 2 || id >= b.pages || err != nil {
		return 0, nil
	}
	if more := uint64(order.Uint32(page[12:])); more > 0 && more < b.pages-id {
		page = append(page, make([]byte, int64(more)*b.size)...)
		if _, err := b.file.ReadAt(page, int64(id)*b.size); err != nil {
			return 0, nil
		}
	}
	return elementsIn(page)
}

// elementsIn are the elements of a page that are within it.
func elementsIn(page []byte) (kind uint16, list []element) {
	kind = order.Uint16(page[8:])
	for i := range int(order.Uint16(page[10:])) {
		e, ok := elementAt(page, i, kind)
		if !ok {
			break
		}
		list = append(list, e)
	}
	return kind, list
}
