package projections

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"time"

	"go.etcd.io/bbolt"
)

// A view with an Order has, beside its rows, indexes in the order of the questions. All are
// written with the difference that a batch makes.
//
//	order   list, position → time and key of the row; the firm's list of all rows
//	lists   list, position → nothing; the firm's narrower lists, such as those of a status
//	texts   list, position → what a search looks through
//	counts  list → how many rows stand in it
var (
	orderBucket  = []byte("order")
	listsBucket  = []byte("lists")
	textsBucket  = []byte("texts")
	countsBucket = []byte("counts")
)

// listing is where a row stands in the indexes of its view.
type listing struct {
	order map[string][]byte
	lists map[string][]byte
	texts map[string][]byte
	count string
	kept  []byte
}

// listing says where a row stands.
func (v View[R]) listing(row R, key string) (l listing) {
	if v.Kept != nil {
		l.kept = v.Kept(row)
	}
	if v.Order == nil {
		return l
	}
	firm, position := v.Order(row)
	if firm == "" {
		return l
	}
	place := string(orderKey(firm, position))
	l.order = map[string][]byte{place: v.orderValue(row, key)}
	l.lists = map[string][]byte{}
	if v.Lists != nil {
		for _, name := range v.Lists(row) {
			l.lists[string(orderKey(listOf(firm, name), position))] = []byte{}
		}
	}
	if v.Changed != nil {
		l.lists[string(append(changeKey(firm, v.Changed(row)), key...))] = []byte{}
	}
	if v.Text != nil {
		l.texts = map[string][]byte{place: []byte(strings.ToLower(v.Text(row)))}
	}
	if v.Counted != nil {
		l.count = listOf(firm, v.Counted(row))
	}
	return l
}

// orderValue is the time of a row, for the search of a position by time, and its key.
func (v View[R]) orderValue(row R, key string) []byte {
	var at uint64
	if v.When != nil {
		at = nanos(v.When(row))
	}
	return append(binary.BigEndian.AppendUint64(nil, at), key...)
}

func splitOrderValue(value []byte) (at uint64, key []byte) {
	return binary.BigEndian.Uint64(value), value[8:]
}

// listOf names a narrower list of a firm. No firm's id has a slash.
func listOf(firm, name string) string { return firm + "/" + name }

// longest is the longest value that stands in the name of a list as it is.
const longest = 64

// named is a part of a list's name. Values that others chose and that are long, or could end
// the name, are hashed.
func named(name, value string) string {
	if len(value) > longest || strings.ContainsAny(value, "\x00&") {
		sum := sha256.Sum256([]byte(value))
		value = "#" + hex.EncodeToString(sum[:16])
	}
	return name + "=" + value
}

// subsets names the lists for each choice of some of the parts.
func subsets(parts ...string) []string {
	list := []string{}
	for _, part := range parts {
		for _, other := range list {
			list = append(list, other+"&"+part)
		}
		list = append(list, part)
	}
	return list
}

// subset names the list of all parts that are not empty; "" where all are.
func subset(parts ...string) string {
	var chosen []string
	for _, part := range parts {
		if part != "" {
			chosen = append(chosen, part)
		}
	}
	return strings.Join(chosen, "&")
}

// indexWrites are what a batch changes in the indexes of a view.
type indexWrites struct {
	order, lists, texts, kept map[string][]byte
	counts                    map[string]int
}

func newIndexWrites() indexWrites {
	return indexWrites{map[string][]byte{}, map[string][]byte{}, map[string][]byte{}, map[string][]byte{}, map[string]int{}}
}

// move moves a row from where it stood to where it stands now.
func (w indexWrites) move(key string, was, now listing) {
	if string(was.kept) != string(now.kept) {
		w.kept[key] = now.kept
	}
	relist(w.order, was.order, now.order)
	relist(w.lists, was.lists, now.lists)
	relist(w.texts, was.texts, now.texts)
	if was.count == now.count {
		return
	}
	if was.count != "" {
		w.counts[was.count]--
	}
	if now.count != "" {
		w.counts[now.count]++
	}
}

func (w indexWrites) buckets() []bucketWrites {
	return []bucketWrites{{orderBucket, w.order}, {listsBucket, w.lists}, {textsBucket, w.texts}, {keptBucket, w.kept}}
}

// relist moves a row from where it stood in lists to where it stands now.
func relist(lists, was, now map[string][]byte) {
	for key := range was {
		if _, stays := now[key]; !stays {
			lists[key] = nil
		}
	}
	for key, value := range now {
		if old, stood := was[key]; !stood || string(old) != string(value) {
			lists[key] = value
		}
	}
}

// count adds to the numbers of rows. A list without rows has no number.
func count(b *bbolt.Bucket, added map[string]int) error {
	values := map[string][]byte{}
	for list, n := range added {
		values[list] = nil
		if n += countOf(b, list); n > 0 {
			values[list] = binary.BigEndian.AppendUint64(nil, uint64(n))
		}
	}
	return put(b, values)
}

func countOf(b *bbolt.Bucket, list string) int {
	data := b.Get([]byte(list))
	if len(data) != 8 {
		return 0
	}
	return int(binary.BigEndian.Uint64(data))
}

// countsIn are the numbers of a firm's rows by what they count as.
func countsIn[R any](tx *snapshot, v View[R], firm string) map[string]int {
	counts := map[string]int{}
	b := v.in(tx).Bucket(countsBucket)
	prefix := listOf(firm, "")
	for c, k, _ := seek(b, []byte(prefix)); strings.HasPrefix(string(k), prefix); k, _ = c.Next() {
		counts[string(k[len(prefix):])] = countOf(b, string(k))
	}
	return counts
}

func seek(b *bbolt.Bucket, key []byte) (*bbolt.Cursor, []byte, []byte) {
	c := b.Cursor()
	k, value := c.Seek(key)
	return c, k, value
}

func orderKey(list string, position uint64) []byte {
	return binary.BigEndian.AppendUint64(append([]byte(list), 0), position)
}

// skew is how far the clocks of a ledger's engines may be apart, or be set back, without a
// search by time missing a row.
const skew = 5 * time.Minute
