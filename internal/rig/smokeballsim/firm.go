package smokeballsim

type firmOut struct {
	hyper
	ID        string     `json:"id"`
	VersionID string     `json:"versionId"`
	Owner     string     `json:"owner"`
	Name      string     `json:"name"`
	Status    firmStatus `json:"status"`
	Street    address    `json:"streetAddress"`
}

type firmStatus struct {
	Status string `json:"status"`
}

func getFirm(c *call) (reply, *problem) {
	a := c.account
	return ok(firmOut{
		hyper: hyper{Href: c.base + "/firm", Method: "GET"}, ID: a.ID, VersionID: a.ID, Owner: "Smokeball",
		Name: a.Name, Status: firmStatus{"Active"}, Street: address{State: a.Location},
	}), nil
}
