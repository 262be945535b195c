package domain

import (
	"slices"
	"strings"
)

// StateCode is a state as Smokeball writes it: two letters in the US (IL), the short
// form in Australia (NSW). However people write a state, spelt out (Illinois), as a code in
// any case (il, N.Y., US-IL), shortened (Ill., N. Dak.) or with what it is (State of Illinois), it is read as its code;
// the parts of the United Kingdom have those of ISO 3166-2. Anything else stays as it is,
// without blanks around it.
func StateCode(jurisdiction string) string {
	list := lowerWords(jurisdiction)
	for _, prefix := range [][]string{{"state", "of"}, {"commonwealth", "of"}, {"the"}, {"us"}, {"usa"}, {"au"}, {"gb"}, {"uk"}} {
		if len(list) > len(prefix) && slices.Equal(list[:len(prefix)], prefix) {
			list = list[len(prefix):]
		}
	}
	if code, ok := stateCodes[strings.Join(list, " ")]; ok {
		return code
	}
	if code := strings.ToUpper(strings.Join(list, "")); areCodes[code] {
		return code
	}
	return Text(jurisdiction)
}

// areCodes are the codes among stateCodes. It is only read.
var areCodes = func() map[string]bool {
	codes := map[string]bool{}
	for _, code := range stateCodes {
		codes[code] = true
	}
	return codes
}()

// stateCodes are the states of the US and of Australia, and the parts of the United Kingdom,
// by their names and their usual abbreviations. England and Wales are one jurisdiction. It is only read.
var stateCodes = map[string]string{
	"alabama": "AL", "alaska": "AK", "arizona": "AZ", "arkansas": "AR", "california": "CA", "colorado": "CO", "connecticut": "CT",
	"delaware": "DE", "district of columbia": "DC", "florida": "FL", "georgia": "GA", "hawaii": "HI", "idaho": "ID", "illinois": "IL",
	"indiana": "IN", "iowa": "IA", "kansas": "KS", "kentucky": "KY", "louisiana": "LA", "maine": "ME", "maryland": "MD",
	"massachusetts": "MA", "michigan": "MI", "minnesota": "MN", "mississippi": "MS", "missouri": "MO", "montana": "MT",
	"nebraska": "NE", "nevada": "NV", "new hampshire": "NH", "new jersey": "NJ", "new mexico": "NM", "new york": "NY",
	"north carolina": "NC", "north dakota": "ND", "ohio": "OH", "oklahoma": "OK", "oregon": "OR", "pennsylvania": "PA",
	"rhode island": "RI", "south carolina": "SC", "south dakota": "SD", "tennessee": "TN", "texas": "TX", "utah": "UT",
	"vermont": "VT", "virginia": "VA", "washington": "WA", "west virginia": "WV", "wisconsin": "WI", "wyoming": "WY",
	"washington dc": "DC", "washington d c": "DC", "puerto rico": "PR", "guam": "GU", "american samoa": "AS",
	"virgin islands": "VI", "us virgin islands": "VI", "northern mariana islands": "MP",

	"ala": "AL", "ariz": "AZ", "ark": "AR", "cal": "CA", "calif": "CA", "colo": "CO", "conn": "CT", "del": "DE", "wash d c": "DC", "wash dc": "DC",
	"fla": "FL", "haw": "HI", "ill": "IL", "ills": "IL", "ind": "IN", "kan": "KS", "kans": "KS", "mass": "MA", "mich": "MI", "minn": "MN",
	"miss": "MS", "mont": "MT", "neb": "NE", "nebr": "NE", "nev": "NV", "n hampshire": "NH", "n jersey": "NJ", "n mex": "NM", "n mexico": "NM",
	"n york": "NY", "n carolina": "NC", "n car": "NC", "n dakota": "ND", "n dak": "ND", "okla": "OK", "ore": "OR", "oreg": "OR", "penn": "PA",
	"penna": "PA", "s carolina": "SC", "s car": "SC", "s dakota": "SD", "s dak": "SD", "tenn": "TN", "tex": "TX", "w va": "WV",
	"w virginia": "WV", "wash": "WA", "wis": "WI", "wisc": "WI", "wyo": "WY",

	"new south wales": "NSW", "victoria": "VIC", "queensland": "QLD", "south australia": "SA", "western australia": "WA",
	"tasmania": "TAS", "australian capital territory": "ACT", "northern territory": "NT",

	"england and wales": "EAW", "england": "EAW", "wales": "EAW", "e and w": "EAW", "eng": "EAW", "wls": "EAW",
	"scotland": "SCT", "northern ireland": "NIR", "ni": "NIR", "united kingdom": "GB", "uk": "GB", "great britain": "GB",
}
