package reading

import (
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// ConnectionBody is a firm's connection, now or at a past moment.
type ConnectionBody struct {
	projections.ConnectionBody
	PastBody
}

// Connections describes connections.
type Connections struct {
	Views     ports.Progress
	Rows      ports.Connections
	History   ports.History
	Drift     ports.Drift
	Allowance ports.Allowance
	Stalled   func(domain.FirmID) int // counts running syncs that make no progress; nil: not counted
	Every     func() time.Duration    // how often firms without webhooks are swept; nil: nobody sweeps
	Region    string                  // where a connection does not name its own
	Now       func() time.Time
}

// Status is the firm's connection now.
func (c Connections) Status(firm domain.FirmID) (ConnectionBody, error) {
	b, err := c.reader().Read(firm)
	return ConnectionBody{ConnectionBody: b}, err
}

// Describe describes a row at a moment, without what no fact says: queue and allowance.
func (c Connections) Describe(row projections.ConnectionRow, now time.Time) ConnectionBody {
	return ConnectionBody{ConnectionBody: c.reader().Describe(row, now)}
}

func (c Connections) reader() projections.ConnectionReader {
	return projections.ConnectionReader{Rows: struct {
		ports.Progress
		ports.Connections
		ports.History
		ports.Drift
	}{c.Views, c.Rows, c.History, c.Drift}, Usage: c.Allowance.Usage, Stalled: c.Stalled, Every: c.Every, Region: c.Region, Now: c.Now}
}
