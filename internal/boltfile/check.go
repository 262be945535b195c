package boltfile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"os"
)

// Kinds of pages, by their flags.
const (
	branchPage   = 0x01
	leafPage     = 0x02
	freelistPage = 0x10
)

const (
	headSize    = 16 // of a page: its id, flags, number of elements, further pages
	metaSize    = 64
	elementSize = 16 // of an element in a branch or a leaf
	bucketSize  = 16 // of a bucket in a leaf: its root and a counter
	isBucket    = 1
	magic       = 0xED0CDAED
	noFreelist  = ^uint64(0)
	mostFaults  = 100
	usedTwice   = "it is used twice"
	mostPage    = 64 << 10 // bytes of one page
)

// Fault is what is wrong with a page.
type Fault struct {
	Page  uint64
	What  string
	Twice bool // pages lead to it from two places: reading might not end
}

func (f Fault) String() string { return fmt.Sprintf("page %d: %s", f.Page, f.What) }

// Check reads every page that a file uses, without bbolt, and returns what is wrong with them: at most a
// hundred faults. A page says which one it is and what is on it, keys have an order, and no page is
// used twice; of the bytes of values it says nothing. Nobody may write the file meanwhile.
func Check(path string) ([]Fault, error) {
	if nothing, err := absent(path); nothing || err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	w := &walk{file: file, seen: map[uint64]bool{}}
	m, ok := w.metas()
	if !ok {
		return w.faults, nil
	}
	w.pages = m.pages
	w.tree(m.root, nil, nil)
	w.freelist(m.freelist)
	return w.faults, nil
}

// walk follows the pages of a file.
type walk struct {
	file   *os.File
	size   int64 // of a page
	pages  uint64
	seen   map[uint64]bool
	faults []Fault
}

func (w *walk) fault(page uint64, format string, args ...any) {
	if len(w.faults) < mostFaults {
		w.faults = append(w.faults, Fault{Page: page, What: fmt.Sprintf(format, args...), Twice: format == usedTwice})
	}
}

// meta is the beginning of all: which pages a transaction has left.
type meta struct{ root, freelist, pages, tx uint64 }

// metas reads both and returns the newer one.
func (w *walk) metas() (newest meta, ok bool) {
	first, whole := w.metaAt(0)
	for size := int64(1 << 10); !whole && size <= mostPage; size *= 2 { // the first one says how large pages are
		if w.size = size; w.sizeFits() {
			break
		}
	}
	second, also := w.metaAt(w.size)
	if !whole {
		w.fault(0, "its checksum does not match: the last transaction may be lost")
	}
	if !also {
		w.fault(1, "its checksum does not match: the last transaction may be lost")
	}
	if also && (!whole || second.tx > first.tx) {
		return second, true
	}
	return first, whole
}

func (w *walk) sizeFits() bool {
	size := w.size
	_, ok := w.metaAt(size)
	return ok && w.size == size
}

// metaAt reads the one at a place, and how large the file's pages are.
func (w *walk) metaAt(place int64) (m meta, ok bool) {
	b := make([]byte, headSize+metaSize)
	if _, err := w.file.ReadAt(b, place); err != nil {
		return m, false
	}
	b = b[headSize:]
	sum := fnv.New64a()
	sum.Write(b[:metaSize-8])
	if order.Uint32(b) != magic || order.Uint64(b[metaSize-8:]) != sum.Sum64() {
		return m, false
	}
	w.size = int64(order.Uint32(b[8:]))
	return meta{root: order.Uint64(b[16:]), freelist: order.Uint64(b[32:]), pages: order.Uint64(b[40:]), tx: order.Uint64(b[48:])}, w.size >= 1<<10 && w.size <= mostPage
}

// bbolt writes in the byte order of the machine, which is this one on all that the engine runs on.
var order = binary.LittleEndian

// page reads a page with those that continue it, once.
func (w *walk) page(id uint64) []byte {
	if id < 2 || id >= w.pages {
		w.fault(id, "it is used, and the file has %d pages", w.pages)
		return nil
	}
	if w.seen[id] {
		w.fault(id, usedTwice)
		return nil
	}
	w.seen[id] = true
	b := make([]byte, w.size)
	if _, err := w.file.ReadAt(b, int64(id)*w.size); err != nil {
		w.fault(id, "it can't be read: %v", err)
		return nil
	}
	if own := order.Uint64(b); own != id {
		w.fault(id, "it says that it is page %d", own)
		return nil
	}
	more := uint64(order.Uint32(b[12:]))
	if more >= w.pages-id {
		w.fault(id, "it is continued by %d pages, beyond the end of the file", more)
		return nil
	}
	for next := id + 1; next <= id+more; next++ {
		if w.seen[next] {
			w.fault(next, usedTwice)
			return nil
		}
		w.seen[next] = true
	}
	b = append(b, make([]byte, int64(more)*w.size)...)
	if _, err := w.file.ReadAt(b, int64(id)*w.size); err != nil {
		w.fault(id, "it can't be read: %v", err)
		return nil
	}
	return b
}

// tree follows the pages from a root, whose keys are from low to below high; nil: there is no bound.
func (w *walk) tree(id uint64, low, high []byte) {
	if b := w.page(id); b != nil {
		w.elements(id, b, low, high)
	}
}

// element is a key, and what is behind it.
type element struct {
	key, value []byte
	child      uint64 // of a branch
	flags      uint32 // of a leaf
}

// elements looks at what is on a page, and follows it.
func (w *walk) elements(id uint64, b, low, high []byte) {
	kind := order.Uint16(b[8:])
	list, wrong := elementsOf(b, kind, low, high)
	if wrong != "" {
		w.fault(id, "%s", wrong)
		return
	}
	for i, e := range list {
		switch {
		case kind == branchPage:
			next := high
			if i+1 < len(list) {
				next = list[i+1].key
			}
			w.tree(e.child, e.key, next)
		case e.flags == isBucket:
			w.bucket(id, e)
		}
	}
}

// elementsOf are the elements of a page, whose keys rise from low to below high.
func elementsOf(b []byte, kind uint16, low, high []byte) (list []element, wrong string) {
	n := int(order.Uint16(b[10:]))
	switch {
	case kind != branchPage && kind != leafPage:
		return nil, fmt.Sprintf("it is neither branch nor leaf but %#x", kind)
	case kind == branchPage && n == 0:
		return nil, "it is a branch that leads nowhere"
	}
	for i := range n {
		e, ok := elementAt(b, i, kind)
		switch {
		case !ok:
			return nil, fmt.Sprintf("element %d of %d reaches beyond the page", i, n)
		case i == 0 && bytes.Compare(e.key, low) < 0, i > 0 && bytes.Compare(e.key, list[i-1].key) <= 0:
			return nil, fmt.Sprintf("element %d is out of order", i)
		case high != nil && bytes.Compare(e.key, high) >= 0:
			return nil, fmt.Sprintf("element %d belongs to another page", i)
		case e.flags > isBucket:
			return nil, fmt.Sprintf("element %d has unknown flags", i)
		}
		list = append(list, e)
	}
	return list, ""
}

func elementAt(b []byte, i int, kind uint16) (e element, ok bool) {
	at := headSize + i*elementSize
	if at+elementSize > len(b) {
		return e, false
	}
	head := b[at : at+elementSize]
	var from, key, value uint64
	if kind == branchPage {
		from, key, e.child = uint64(order.Uint32(head)), uint64(order.Uint32(head[4:])), order.Uint64(head[8:])
	} else {
		e.flags, from, key, value = order.Uint32(head), uint64(order.Uint32(head[4:])), uint64(order.Uint32(head[8:])), uint64(order.Uint32(head[12:]))
	}
	from += uint64(at)
	if from+key+value > uint64(len(b)) {
		return e, false
	}
	e.key, e.value = b[from:from+key], b[from+key:from+key+value]
	return e, true
}

// bucket follows a bucket: a tree of its own, or one page within the leaf.
func (w *walk) bucket(id uint64, e element) {
	if len(e.value) < bucketSize {
		w.fault(id, "a bucket has %d bytes", len(e.value))
		return
	}
	if root := order.Uint64(e.value); root != 0 {
		w.tree(root, nil, nil)
		return
	}
	inline := e.value[bucketSize:]
	if len(inline) < headSize {
		w.fault(id, "a bucket has %d bytes", len(e.value))
		return
	}
	w.elements(id, inline, nil, nil)
}

// freelist looks whether a page that is used counts as free: it would be overwritten.
func (w *walk) freelist(id uint64) {
	if id == noFreelist {
		return
	}
	b := w.page(id)
	if b == nil {
		return
	}
	if order.Uint16(b[8:]) != freelistPage {
		w.fault(id, "it is not the list of free pages")
		return
	}
	n, list := uint64(order.Uint16(b[10:])), b[headSize:]
	if n == 0xFFFF {
		n, list = order.Uint64(list), list[8:]
	}
	if n > uint64(len(list)/8) {
		w.fault(id, "it lists %d free pages, which is more than there is room for", n)
		return
	}
	for i := range n {
		if free := order.Uint64(list[8*i:]); free < 2 || free >= w.pages || w.seen[free] {
			w.fault(free, "it counts as free and is used, or is beyond the file")
		}
	}
}
