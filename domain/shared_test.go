package domain_test

import (
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
)

// An aggregate that several deciders hold at once stays as it is, whatever each of them applies
// to it: the event store shares them.
func TestApplyNeverChangesTheAggregateBefore(t *testing.T) {
	pool := variants(t, samples(), 7)
	t.Run("matter", stays[domain.Matter](pool))
	t.Run("connection", stays[domain.Connection](pool))
	t.Run("client", stays[domain.Client](pool))
	t.Run("contact", stays[domain.Contact](pool))
	t.Run("webhooks", stays[domain.Webhooks](pool))
	t.Run("hints", stays[domain.Hints](pool))
	t.Run("activities", stays[domain.Activities](pool))
	t.Run("bulk", stays[domain.Bulk](pool))
	t.Run("bulk progress", stays[domain.BulkProgress](pool))
	t.Run("mappings", stays[domain.Mappings](pool))
	t.Run("settings", stays[domain.Preferences](pool))
	t.Run("sweeps", stays[domain.Sweeps](pool))
	t.Run("erasure", stays[domain.Erasure](pool))
	t.Run("object", stays[domain.Object](pool))
	t.Run("register", stays[domain.Register](pool))
	t.Run("reservation", stays[domain.Reservation](pool))
	t.Run("dead letter", stays[domain.DeadLetter](pool))
	t.Run("drift checks", stays[domain.DriftChecks](pool))
	t.Run("claim", stays[domain.Claim](pool))
	t.Run("taken", stays[domain.Taken](pool))
	t.Run("signatures", stays[domain.Signed](pool))
}

type foldable[A any] interface {
	Apply(e domain.Event, at time.Time) A
}

// stays lets a list of the aggregate grow by events of one kind, in every situation that the
// samples lead to, and then two deciders go on differently: a list with room for one more must
// not take what each of them adds.
func stays[A foldable[A]](variant [][]domain.Event) func(*testing.T) {
	at := func(i int) time.Time { return time.Unix(int64(i), 0) }
	return func(t *testing.T) {
		var before A
		kinds := relevant[A](variant[0])
		for i := range kinds {
			for _, kind := range kinds {
				shared, want := before, before
				for n, list := range variant[1 : len(variant)-2] {
					shared, want = shared.Apply(list[kind], at(n)), want.Apply(list[kind], at(n))
					one := shared.Apply(variant[len(variant)-2][kind], at(50))
					shared.Apply(variant[len(variant)-1][kind], at(60))
					if !reflect.DeepEqual(one, want.Apply(variant[len(variant)-2][kind], at(50))) || !reflect.DeepEqual(shared, want) {
						t.Fatalf("after %d events, %s changes an aggregate that another decider holds", i, list[kind].EventName())
					}
				}
			}
			before = before.Apply(variant[0][kinds[i]], at(i))
		}
	}
}

// relevant returns the indices of the events that change the aggregate.
func relevant[A foldable[A]](list []domain.Event) (kinds []int) {
	var none, full A
	for i, e := range list {
		next := full.Apply(e, time.Unix(0, 0))
		if !reflect.DeepEqual(next, full) || !reflect.DeepEqual(none.Apply(e, time.Unix(0, 0)), none) {
			kinds = append(kinds, i)
		}
		full = next
	}
	return kinds
}

// variants returns the events n times, with other ids each time.
func variants(t *testing.T, list []domain.Event, n int) [][]domain.Event {
	all := make([][]domain.Event, n)
	for i := range n {
		for _, e := range list {
			name, data, err := domain.Marshal(e)
			if err == nil {
				e, err = domain.Unmarshal(name, data)
			}
			if err != nil {
				t.Fatal(err)
			}
			v := reflect.New(reflect.TypeOf(e)).Elem()
			v.Set(reflect.ValueOf(e))
			renumber(v, strconv.Itoa(i))
			all[i] = append(all[i], v.Interface().(domain.Event))
		}
	}
	return all
}

// renumber ends every id in v with the suffix.
func renumber(v reflect.Value, suffix string) {
	switch v.Kind() {
	case reflect.String:
		if strings.HasSuffix(v.Type().Name(), "ID") && v.CanSet() {
			v.SetString(v.String() + suffix)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			renumber(v.Field(i), suffix)
		}
	case reflect.Slice:
		for i := range v.Len() {
			renumber(v.Index(i), suffix)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			renumber(v.Elem(), suffix)
		}
	}
}
