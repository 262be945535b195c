package smokeballsim

func patchMatter(c *call) (reply, *problem) {
	m, p := c.findMatter()
	if p != nil {
		return reply{}, p
	}
	named, p := c.checkPatch(m)
	if p != nil {
		return reply{}, p
	}
	return c.accept(c.write("Matter", "patch", m.ID, named)), nil
}

// patchMatter applies the patch to the current matter. A patch that has become invalid since
// it was accepted fails late.
func (l *landing) patchMatter(m *matter) error {
	named, p := fields(l.Body)
	if p != nil {
		return p
	}
	in, err := patched(m.In, named)
	if err != nil {
		return err
	}
	l.changeMatter(m, in)
	return nil
}

// checkPatch decodes a patch and refuses one whose result would be invalid.
func (c *call) checkPatch(m *matter) (map[string]any, *problem) {
	var typed matterPatch
	if p := strict(c.body, &typed); p != nil {
		return nil, p
	}
	named, p := fields(c.body)
	if p != nil {
		return nil, p
	}
	f := c.patchRules(m, named, typed)
	if opened, older := named["dateOpened"]; older {
		delete(named, "dateOpened")
		if _, both := named["openedDate"]; !both {
			named["openedDate"] = opened
		}
	}
	next, err := patched(m.In, named)
	if err != nil {
		return nil, invalid("$", "The patch does not fit: %s", err)
	}
	if f = append(f, c.checkStanding(m, next)...); len(f) > 0 {
		return nil, invalidAll(f...)
	}
	return named, nil
}

// patched applies a patch to a matter. A matter whose type changes, and a lead that becomes a
// matter, get the default roles of the type.
func patched(in matterIn, named map[string]any) (matterIn, error) {
	if to, typed := named["matterTypeId"]; typed && (in.IsLead && named["isLead"] == false || to != in.MatterTypeID) {
		in.OtherSideRole = ""
	}
	return merge(in, named)
}

// patchRules checks the limits of PATCH: a type changes only if a lead becomes a matter, which
// then requires its client's role, or if Config.TypesChange is set.
func (s *views) patchRules(m *matter, named map[string]any, typed matterPatch) flaws {
	var f flaws
	has := func(field string) bool { _, ok := named[field]; return ok }
	converts := m.In.IsLead && has("isLead") && !typed.IsLead
	retypes := !converts && has("matterTypeId") && typed.MatterTypeID != m.In.MatterTypeID
	switch {
	case converts && !has("clientRole"):
		f.add("clientRole", "A lead that becomes a matter needs the client's role.")
	case !converts && has("clientRole") && !(retypes && s.config.TypesChange):
		f.add("clientRole", "The role changes only where a lead becomes a matter or the type changes.")
	}
	if retypes && !s.config.TypesChange {
		f.add("matterTypeId", "The type of a matter cannot be changed.")
	}
	if !m.In.IsLead && typed.IsLead {
		f.add("isLead", "A matter cannot become a lead again.")
	}
	if has("items") {
		f.add("items", "Items are not kept here; patch clientIds and otherSideIds.")
	}
	if has("splitOriginatingStaffSettings") && !has("originatingStaffIds") {
		f.add("splitOriginatingStaffSettings", "The settings need originatingStaffIds beside them.")
	}
	return f
}
