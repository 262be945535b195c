package reading

import (
	"time"

	"github.com/casehug/smokeball-sync/adapters/web/ports"
	"github.com/casehug/smokeball-sync/domain"
	"github.com/casehug/smokeball-sync/projections"
)

// Kept reads how long things are kept.
type Kept struct {
	Rows  ports.RetentionRows
	Times func(domain.Retention) domain.RetentionTimes
}

// Keeping is how long a firm keeps things of one kind, and what is no longer kept.
type Keeping struct {
	Chosen domain.Keep
	For    time.Duration // 0: for ever
	projections.Expired
}

// FirmKeeps is how long a firm keeps things.
type FirmKeeps struct {
	History, Audit, DeadLetters Keeping
	By, ByName                  string // who chose it; empty: nobody did
	At                          time.Time
}

// Of is how long a firm keeps things.
func (k Kept) Of(f domain.FirmID) (FirmKeeps, error) {
	r, err := k.Rows.Retention(f)
	if err != nil {
		return FirmKeeps{}, err
	}
	t := k.Times(r.Retention)
	return FirmKeeps{Keeping{r.Retention.History, t.History, r.History}, Keeping{r.Retention.Audit, t.Audit, r.Audit}, Keeping{r.Retention.DeadLetters, t.DeadLetters, r.DeadLetters}, r.By, r.ByName, r.At}, nil
}

const day = 24 * time.Hour

// Time is for ever, a number of days such as 90d, or a shorter time.
func (k Keeping) Time() string {
	switch {
	case k.For == 0:
		return domain.KeepForever.String()
	case k.For%day == 0:
		return domain.Keep(k.For / day).String()
	}
	return k.For.String()
}
