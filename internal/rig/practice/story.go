package practice

import "github.com/casehug/smokeball-sync/domain"

// Stage runs the parts of the story. An error of any part ends the story.
type Stage struct {
	// Created, Updated and Approved publish as CaseHug's services do; they are idempotent.
	Created  func(domain.MatterData) error
	Updated  func(domain.MatterData) error
	Approved func(Paper) error
	// Click clicks “Sync to Smokeball” on a matter, as a person does.
	Click func(domain.MatterID) error
	// Until returns when the matters satisfy the condition, at once if they already do.
	Until func(what string, wanted func(Standings) bool) error
	// Say shows a sentence to people.
	Say func(format string, args ...any)
}

// Standing is a matter and the status of its last sync.
type Standing struct {
	Matter domain.Matter
	Status domain.Status
}

// Standings are the matters that are known so far.
type Standings map[domain.MatterID]Standing

// Play runs the story from its current state: finished parts are skipped. It returns when
// everything is in Smokeball.
func (s Stage) Play() error {
	for _, act := range []func(Standings) error{s.intake, s.byHand, s.correct, s.close} {
		now, err := s.look()
		if err == nil {
			err = act(now)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s Stage) look() (now Standings, err error) {
	err = s.Until("the matters can be read", func(all Standings) bool { now = all; return true })
	return now, err
}

// Over reports whether the story is complete.
func (all Standings) Over() bool {
	for _, m := range Matters() {
		if !all.settled(m.ID) {
			return false
		}
	}
	return all.corrected() && all.closed()
}

// settled reports whether everything of the matter is in Smokeball.
func (all Standings) settled(id domain.MatterID) bool {
	s, known := all[id]
	return known && s.Matter.Current == nil && s.Status.Ended() && len(s.Matter.Unsent()) == 0
}

// unmapped reports whether the matter waits for a matter type.
func (all Standings) unmapped(id domain.MatterID) bool {
	c := all[id].Matter.Current
	return c != nil && c.Status == domain.Waiting && c.Failure.Code == domain.CodeMatterTypeUnmapped
}

func (all Standings) corrected() bool { return all[Unmapped].Matter.Data.Version > 1 }

func (all Standings) closed() bool {
	sb := all[Closing].Matter.Smokeball
	return all.settled(Closing) && sb.Sent.Status == "Closed" && sb.Confirmed
}

// intake publishes the events of the practice. Each is published twice, because a bus may
// deliver twice.
func (s Stage) intake(Standings) error {
	for range 2 {
		for _, m := range Matters() {
			if err := s.Created(m); err != nil {
				return err
			}
		}
		for _, p := range DocumentsOf() {
			if err := s.Approved(p); err != nil {
				return err
			}
		}
	}
	s.Say("CaseHug published %d matters and %d approved documents, each of them twice.", len(Matters()), len(DocumentsOf()))
	return s.Until("the documents are in Smokeball", func(all Standings) bool {
		for _, p := range DocumentsOf() {
			if p.Matter != Unmapped && !all.settled(p.Matter) {
				return false
			}
		}
		return all.unmapped(Unmapped) || all.settled(Unmapped)
	})
}

// byHand syncs a matter without documents as a person does, by the button.
func (s Stage) byHand(now Standings) error {
	if now.settled(ByHand) {
		return nil
	}
	if now[ByHand].Matter.Current == nil {
		if err := s.Click(ByHand); err != nil {
			return err
		}
		s.Say("Somebody clicked “Sync to Smokeball” on %s, which has no documents.", ByHand)
	}
	return s.Until(string(ByHand)+" is in Smokeball", func(all Standings) bool { return all.settled(ByHand) })
}

// correct gives the matter that waits for a matter type a case type that Smokeball has.
func (s Stage) correct(now Standings) error {
	if now.corrected() && now.settled(Unmapped) {
		return nil
	}
	if err := s.Updated(Corrected()); err != nil {
		return err
	}
	s.Say("%s waited, since Smokeball has no “%s”; CaseHug corrected its case type.", Unmapped, matter(Unmapped).CaseType)
	return s.Until(string(Unmapped)+" is in Smokeball", func(all Standings) bool { return all.corrected() && all.settled(Unmapped) })
}

// close closes a matter in CaseHug, and waits until Smokeball shows it closed.
func (s Stage) close(now Standings) error {
	if now.closed() {
		return nil
	}
	if err := s.Updated(Closed()); err != nil {
		return err
	}
	s.Say("CaseHug closed %s.", Closing)
	return s.Until(string(Closing)+" is closed in Smokeball", Standings.closed)
}
