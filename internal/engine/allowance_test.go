package engine

import (
	"log/slog"
	"testing"

	"github.com/casehug/smokeball-sync/adapters/smokeball"
)

// TestAStandbyHasNoFiguresOfTheAllowance: an engine of a cluster that makes no calls does not say
// that none are made.
func TestAStandbyHasNoFiguresOfTheAllowance(t *testing.T) {
	client, err := smokeball.New(smokeball.Config{Hosts: smokeball.Hosts{API: "https://smokeball.example", Auth: "https://smokeball.example"},
		ClientID: appID, ClientSecret: appSecret, APIKey: appKey, Rate: 5, Burst: 5, Store: struct{ smokeball.TokenStore }{}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	l := &leads{}
	onCluster, alone := allowance{client, l, true}, allowance{client, l, false}
	if u := onCluster.Usage(testFirm); !u.Elsewhere || len(u.Hours) != 0 || u.PerSecond != 5 {
		t.Errorf("a standby says %+v", u)
	}
	if u := alone.Usage(testFirm); u.Elsewhere || len(u.Hours) == 0 {
		t.Errorf("an engine without others says %+v", u)
	}
	release := l.note("allowance.us")
	if u := onCluster.Usage(testFirm); u.Elsewhere || len(u.Hours) == 0 {
		t.Errorf("the engine that makes the calls says %+v", u)
	}
	release()
	if u := onCluster.Usage(testFirm); !u.Elsewhere {
		t.Errorf("an engine that lost the lease says %+v", u)
	}
}
