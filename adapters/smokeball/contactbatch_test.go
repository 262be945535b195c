package smokeball_test

import (
	"reflect"
	"testing"

	"github.com/casehug/smokeball-sync/domain"
)

func TestContactsAreReadTogether(t *testing.T) {
	v, c := connected(t)
	v.on("POST /contacts/batch", "ids", "", replies(200, `{"value":[
		{"id":"old","versionId":"v","lastUpdated":10,"person":{"firstName":"Maria","lastName":"Rivera"}},
		{"id":"gone","lastUpdated":20,"isDeleted":true,"company":{"name":"Rivera LLC"}}]}`))
	got, err := c.ContactsByID(t.Context(), firm, []domain.SmokeballID{"old", "gone", "unknown"})
	must(t, err)
	want := []domain.SmokeballContact{
		{ID: "old", Kind: domain.KindPerson, VersionID: "v", FirstName: "Maria", LastName: "Rivera", LastUpdated: 10},
		{ID: "gone", Kind: domain.KindCompany, CompanyName: "Rivera LLC", Deleted: true, LastUpdated: 20},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if body := object(t, `{"ids":["old","gone","unknown"]}`); !reflect.DeepEqual(v.last().Body, body) {
		t.Errorf("body %v", v.last().Body)
	}
}

func TestABatchOfContactsWithoutIDsIsUnreadable(t *testing.T) {
	v, c := connected(t)
	v.on("POST /contacts/batch", "ids", "", replies(200, `{"value":[{"person":{"lastName":"Rivera"}}]}`))
	if got, err := c.ContactsByID(t.Context(), firm, []domain.SmokeballID{"old"}); err == nil {
		t.Errorf("got %+v", got)
	}
}
