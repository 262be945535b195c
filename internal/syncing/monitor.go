package syncing

import (
	"context"
	"io"

	"github.com/casehug/smokeball-sync/domain"
)

// monitor lets several goroutines work on one attempt, one of them at a time: whoever waits for
// Smokeball, or for a document's source, lets the others work meanwhile. A nil monitor is that
// of a goroutine which works alone.
type monitor struct{ free chan struct{} }

func newMonitor() *monitor {
	m := &monitor{free: make(chan struct{}, 1)}
	m.free <- struct{}{}
	return m
}

// inside runs do while no other goroutine is inside.
func (m *monitor) inside(do func() error) error {
	if m == nil {
		return do()
	}
	<-m.free
	defer func() { m.free <- struct{}{} }()
	return do()
}

// outside lets others in while do waits. It is called from inside.
func (m *monitor) outside(do func()) {
	if m == nil {
		do()
		return
	}
	m.free <- struct{}{}
	defer func() { <-m.free }()
	do()
}

// outsideCalls makes the calls that documents take outside the attempt's monitor, and records
// their intents inside. A call from inside would wait for its slot while others, whose slots
// are granted, wait to record their intents.
type outsideCalls struct {
	Smokeball
	attempt *attempt
}

// intend is the intent recorded inside.
func (c outsideCalls) intend(intend Intend) Intend {
	return func(ctx context.Context) error {
		return c.attempt.monitor.inside(func() error { return intend(ctx) })
	}
}

func (c outsideCalls) AddFile(ctx context.Context, f domain.FirmID, matter domain.SmokeballID, d domain.FileDraft, r domain.RequestID, intend Intend) (u domain.Upload, err error) {
	c.attempt.monitor.outside(func() { u, err = c.Smokeball.AddFile(ctx, f, matter, d, r, c.intend(intend)) })
	return u, err
}

func (c outsideCalls) UploadURL(ctx context.Context, f domain.FirmID, matter, file domain.SmokeballID) (u domain.Upload, err error) {
	c.attempt.monitor.outside(func() { u, err = c.Smokeball.UploadURL(ctx, f, matter, file) })
	return u, err
}

func (c outsideCalls) Upload(ctx context.Context, u domain.Upload, body io.Reader, size int64) (err error) {
	c.attempt.monitor.outside(func() { err = c.Smokeball.Upload(ctx, u, body, size) })
	return err
}

func (c outsideCalls) Files(ctx context.Context, f domain.FirmID, matter domain.SmokeballID) (list []domain.SmokeballFile, err error) {
	c.attempt.monitor.outside(func() { list, err = c.Smokeball.Files(ctx, f, matter) })
	return list, err
}

func (c outsideCalls) Folders(ctx context.Context, f domain.FirmID, matter, parent domain.SmokeballID) (list []domain.SmokeballFolder, err error) {
	c.attempt.monitor.outside(func() { list, err = c.Smokeball.Folders(ctx, f, matter, parent) })
	return list, err
}

func (c outsideCalls) CreateFolder(ctx context.Context, f domain.FirmID, matter, parent domain.SmokeballID, name string, r domain.RequestID, intend Intend) (id domain.SmokeballID, err error) {
	c.attempt.monitor.outside(func() {
		id, err = c.Smokeball.CreateFolder(ctx, f, matter, parent, name, r, c.intend(intend))
	})
	return id, err
}

func (c outsideCalls) Matter(ctx context.Context, f domain.FirmID, id domain.SmokeballID) (m domain.SmokeballMatter, err error) {
	c.attempt.monitor.outside(func() { m, err = c.Smokeball.Matter(ctx, f, id) })
	return m, err
}
