package projections_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

var authorized = domain.ConnectionAuthorized{Attempt: "a1", Account: domain.Account{ID: "acc-1", Name: "Oak & Partners LLP"}, Region: "us",
	Scopes: []string{"matters/write"}, By: "u_1", ReauthorizeBy: start.Add(30 * 24 * time.Hour)}

func TestConnectionRow(t *testing.T) {
	settings := domain.Settings{OnDocumentApproved: true, OnMatterCreated: true}
	l := newLedger()
	l.tell(t, domain.ConnectionStream(oak), authorized, domain.WebhooksRegistered{Subscription: "sub-1", By: "u_1"})
	l.tell(t, domain.SettingsStream(oak), domain.SettingsChanged{Settings: settings, By: "u_1"})
	l.tell(t, domain.WebhookStream(oak, "r1"), domain.SmokeballWebhookReceived{Origin: ref("w-1")})
	l.tell(t, domain.WebhookStream(oak, "r2"), domain.SmokeballWebhookReceived{Origin: ref("w-2")})
	l.tell(t, domain.DeadLetterStream(oak, "dl_1"), domain.DeadLettered{Subject: "casehug.f_oak.matter.created"})
	l.tell(t, domain.MatterStream(oak, "m_1"), domain.SyncSucceeded{Sync: "s_1"}, domain.SyncFailed{Sync: "s_2", Failure: smokeballRefused})
	v := folded(t, l)

	r, err := v.Connections.Connection(oak)
	if err != nil {
		t.Fatal(err)
	}
	if c := r.Connection; c.Status(start) != domain.StatusConnected || c.Account != authorized.Account || c.Subscription != "sub-1" || !c.At.Equal(start) {
		t.Errorf("the connection is %+v", c)
	}
	if r.Lately != (projections.LastOutcomes{Succeeded: "s_1", Failed: "s_2", FailedAt: start.Add(7 * time.Second), Registered: "u_1", HooksSince: start.Add(time.Second)}) {
		t.Errorf("lately there was %+v", r.Lately)
	}
	r.Connection, r.Lately = domain.Connection{}, projections.LastOutcomes{}
	want := projections.ConnectionRow{Firm: oak, Settings: settings, SettingsRev: 1, SettingsBy: "u_1", SettingsAt: start.Add(2 * time.Second),
		Received: 2, LastReceived: start.Add(4 * time.Second), DeadLetters: projections.DeadLetterCounts{Open: 1}, TypesAt: 1,
		LastSuccessAt: start.Add(6 * time.Second), LastError: &smokeballRefused, LastErrorAt: start.Add(7 * time.Second), ErrorOf: "syncs",
		Day: projections.Day{{Hour: start.Unix() / 3600, Received: 2, Succeeded: 1, Failed: 1}}}
	if !reflect.DeepEqual(r, want) {
		t.Errorf("the row is\n%+v, want\n%+v", r, want)
	}
}

func TestConnectionErrors(t *testing.T) {
	for _, e := range []domain.Event{domain.ConnectionLost{Failure: unavailable}, domain.ReauthorizationRequired{Failure: unavailable},
		domain.AuthorizationFailed{Attempt: "a1", Failure: unavailable}} {
		t.Run(e.EventName(), func(t *testing.T) {
			l := newLedger()
			l.tell(t, domain.ConnectionStream(oak), authorized, e)
			r, err := folded(t, l).Connections.Connection(oak)
			if err != nil || r.LastError == nil || *r.LastError != unavailable || !r.LastErrorAt.Equal(start.Add(time.Second)) {
				t.Errorf("the last error is %+v at %s, %v", r.LastError, r.LastErrorAt, err)
			}
		})
	}
}

// TestUnknownFirm: a firm that nothing is known of has the defaults.
func TestUnknownFirm(t *testing.T) {
	v := folded(t, newLedger())
	r, err := v.Connections.Connection(oak)
	if want := (projections.ConnectionRow{Firm: oak, Settings: domain.DefaultSettings}); err != nil || !reflect.DeepEqual(r, want) {
		t.Errorf("the row is %+v, %v", r, err)
	}
	if r.Connection.Status(start) != domain.StatusDisconnected {
		t.Errorf("the status is %s", r.Connection.Status(start))
	}
}

func TestAllConnections(t *testing.T) {
	l := newLedger()
	l.tell(t, domain.ConnectionStream(oak), authorized)
	l.tell(t, domain.MatterStream(elm, "m_1"), created())
	list, err := folded(t, l).Connections.AllConnections()
	if err != nil || len(list) != 2 || list[0].Firm != elm || list[1].Firm != oak {
		t.Fatalf("the connections are %+v, %v", list, err)
	}
	if list[0].Settings != domain.DefaultSettings {
		t.Errorf("a firm that chose nothing has the settings %+v", list[0].Settings)
	}
}
