package eventstore

import (
	"maps"

	"github.com/nats-io/nats.go/jetstream"
)

// form says how a ledger in JetStream stores what its events say of persons. It stands in the
// stream's metadata, so that all engines of a cluster write the same.
type form string

const (
	plainForm  form = ""       // as it is: a ledger of a version that did not seal
	sealedForm form = "sealed" // sealed
)

// The stream's metadata. Versions that can't read a sealed ledger open no stream with a copyMark,
// whatever it says, so a sealed ledger always has one.
const (
	formMark = "smokeball-sync-form"
	copyMark = "smokeball-sync-copy"
)

// unfinished is the copyMark while a ledger is copied into the stream. No engine opens it then.
const unfinished = "unfinished"

func formOf(c jetstream.StreamConfig) form { return form(c.Metadata[formMark]) }

func isCopying(c jetstream.StreamConfig) bool { return c.Metadata[copyMark] == unfinished }

// note returns a stream's configuration with the form.
func (f form) note(c jetstream.StreamConfig) jetstream.StreamConfig {
	c.Metadata = maps.Clone(c.Metadata)
	if c.Metadata == nil {
		c.Metadata = map[string]string{}
	}
	c.Metadata[formMark], c.Metadata[copyMark] = string(f), string(f)
	return c
}

// copying returns a stream's configuration with the mark of a copy that is under way.
func (f form) copying(c jetstream.StreamConfig) jetstream.StreamConfig {
	c = f.note(c)
	c.Metadata[copyMark] = unfinished
	return c
}

// IsSealed reports whether what the ledger says of persons is sealed. One that was written by a
// version which did not seal is not.
func (j *JetStream) IsSealed() bool { return j.form == sealedForm }

// writing is what seals new events; nil: they are stored as they are.
func (j *JetStream) writing() Sealer {
	if j.form != sealedForm {
		return nil
	}
	return j.seals
}

// Forget is Bolt.Forget.
func (j *JetStream) Forget() { j.known.forget() }
