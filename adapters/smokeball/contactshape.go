package smokeball

import "strings"

// fields is a shape of plain values, named in one text.
func fields(names string) shape {
	s := shape{}
	for _, name := range strings.Fields(names) {
		s[name] = nil
	}
	return s
}

// with adds fields of one inner shape.
func (s shape) with(inner shape, names ...string) shape {
	for _, name := range names {
		s[name] = inner
	}
	return s
}

// contactShape is what a write of a contact may carry, by Smokeball's description.
func contactShape() shape {
	return fields("externalSystemId isDeleted").
		with(personShape(), "person").
		with(companyShape(), "company").
		with(trustShape(), "trust").
		with(fields("peopleIds").with(addressShape(), "residentialAddress", "mailingAddress"), "groupOfPeople")
}

func personShape() shape {
	return fields(`title firstName middleName lastName nameSuffix customName otherNames
		email notes occupation gender maritalStatus specialNeeds
		birthDate birthPlace birthState birthCountry birthFirstName birthMiddleName birthLastName previousNames
		identificationNumberType identificationNumber correctionsReferenceNumber centrelinkReferenceNumber`).
		with(addressShape(), "residentialAddress", "mailingAddress").
		with(phoneShape(), "phone", "fax", "cell").
		with(fields("areaCode number extension"), "phone2").
		with(fields("passportNumber passportIssueDate passportExpireDate passportIssueCountry passportIssueAuthority"), "passportDetails").
		with(fields(`deathDate isDeathDateUnknown deathDateFrom deathDateTo deathPlace deathState deathCountry deathCounty`), "deathDetails").
		with(fields(`alienNumber registrationAuthority registrationNumber driversLicenseNumber driversLicenseState
			medicareNumber`), "identificationDetails").
		with(fields("countryOfCitizenship nationality languageOfInterpreter"), "citizenshipDetails").
		with(fields("ledesClientId"), "utbmsDetails").
		with(fields("poaType poaDate attorneyName poaRegisteredBook poaRegisteredNumber executionType").
			with(addressShape(), "address"), "executionOptions")
}

func companyShape() shape {
	signer := fields("name personType selectedOfficeHeld").with(addressShape(), "address")
	return fields(`name type email website notes abn ein registeredDate stateId stateRegisteredIn countryRegisteredIn
		branch firmIsRegisteredAgent companyManagedBy companyNumberType companyNumber doingBusinessAsName
		tradingAs tradingName staffIds directorIds`).
		with(phoneShape(), "phone", "fax").
		with(addressShape(), "mailingAddress", "registeredAddress").
		with(addressShape().with(fields("number exchange state"), "dxAddress"), "businessAddress").
		with(fields(`executingUnder127 executingAuthority sealType authorisedDepositTakingInstitution
			poaRegistrationNumber attorneyNames executionType`).with(signer, "person1", "person2"), "executionOptions")
}

func trustShape() shape {
	return fields("name status trustNumber executedDate").
		with(phoneShape(), "phone", "fax").
		with(addressShape(), "address").
		with(fields("name type"), "trustees")
}

func phoneShape() shape { return fields("areaCode number") }

func addressShape() shape {
	return fields(`careOf buildingLevel unitNumber unitType streetNumber streetName streetType addressLine1 addressLine2
		city state zipCode locality county country`).
		with(fields("careOf poBoxType poBoxNumber city state zipCode"), "poBox")
}
