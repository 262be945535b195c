package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
)

// The requests about its own account that NATS answers every user.
const (
	whoAmI    = "$SYS.REQ.USER.INFO"
	whoIsHere = "$SYS.REQ.ACCOUNT.PING.CONNZ"
)

const (
	globalAccount   = "$G"
	answersWithin   = 2 * time.Second
	neighboursMost  = 10 // that the log names
	connectionsMost = 1024
)

// warnOfSharedAccount warns when other users are in the engine's account, because they can reach
// its streams. Only the cluster's operators can see what other accounts import from it.
func (b *Bus) warnOfSharedAccount(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 2*answersWithin)
	defer cancel()
	account, me, err := b.ownConnection(ctx)
	if err != nil {
		b.log.Info("can't see who shares the engine's NATS account, because the servers do not answer; check that only the engine uses it", "err", err)
		return
	}
	others, err := b.otherConnections(ctx, me)
	const remedy = "users of this account can reach the ledger and the sealed secrets; give the engine an account of its own, as in ops/nats-accounts.conf"
	switch {
	case err != nil:
		b.log.Info("can't see who shares the engine's NATS account; check that only the engine uses it", "account", account, "err", err)
	case len(others) > 0:
		b.log.Warn("others are connected in the engine's NATS account: "+remedy, "account", account, "users", others[:min(len(others), neighboursMost)])
	case account == globalAccount:
		b.log.Warn("the engine uses NATS' global account, which every user without an account of their own shares: "+remedy, "account", account)
	default:
		b.log.Info("nobody else is connected in the engine's NATS account now", "account", account)
	}
}

// ownConnection returns the engine's account and user.
func (b *Bus) ownConnection(ctx context.Context) (account, user string, err error) {
	ctx, cancel := context.WithTimeout(ctx, answersWithin)
	defer cancel()
	m, err := b.conn.RequestWithContext(ctx, whoAmI, nil)
	if err != nil {
		return "", "", fmt.Errorf("ask NATS who the engine is: %w", err)
	}
	var answer struct {
		Data struct{ User, Account string }
	}
	if err := json.Unmarshal(m.Data, &answer); err != nil {
		return "", "", fmt.Errorf("read who the engine is: %w", err)
	}
	return answer.Data.Account, answer.Data.User, nil
}

// otherConnections returns the users, except the engine's own, who are connected in its account.
func (b *Bus) otherConnections(ctx context.Context, me string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, answersWithin)
	defer cancel()
	inbox := b.conn.NewRespInbox()
	answers, err := b.conn.SubscribeSync(inbox)
	if err != nil {
		return nil, fmt.Errorf("ask NATS who is in the account: %w", err)
	}
	defer func() { _ = answers.Unsubscribe() }() // it ends with the connection in any case
	if err := b.conn.PublishRequest(whoIsHere, inbox, fmt.Appendf(nil, `{"auth":true,"limit":%d}`, connectionsMost)); err != nil {
		return nil, fmt.Errorf("ask NATS who is in the account: %w", err)
	}
	others, servers := map[string]bool{}, 0
	for {
		m, err := answers.NextMsgWithContext(ctx)
		if err != nil && servers > 0 {
			return slices.Sorted(maps.Keys(others)), nil
		}
		if err != nil {
			return nil, fmt.Errorf("receive who is in the account: %w", err)
		}
		users, err := usersIn(m)
		if err != nil {
			return nil, err
		}
		servers++
		for _, u := range users {
			if u != me {
				others[u] = true
			}
		}
	}
}

// usersIn returns the users in one server's answer.
func usersIn(m *nats.Msg) (users []string, err error) {
	var answer struct {
		Data struct {
			Connections []struct {
				User string `json:"authorized_user"`
			}
		}
	}
	if err := json.Unmarshal(m.Data, &answer); err != nil {
		return nil, fmt.Errorf("read who is in the account: %w", err)
	}
	for _, c := range answer.Data.Connections {
		users = append(users, c.User)
	}
	return users, nil
}
