package smokeballsim

// area is a practice area with its matter types; a name that begins with - is a deleted
// type.
type area struct {
	category string
	roles    []string
	names    []string
}

var usTypes = []area{
	{"Personal Injury", []string{"Plaintiff", "Defendant"}, []string{
		"Auto Accident", "Motorcycle Accident", "Truck Accident", "Slip and Fall", "Premises Liability",
		"Medical Malpractice", "Product Liability", "Dog Bite", "Wrongful Death", "Workers' Compensation",
		"Nursing Home Negligence", "-Asbestos Claim",
	}},
	{"Family Law", []string{"Petitioner", "Respondent"}, []string{
		"Divorce", "Divorce with Children", "Child Custody", "Child Support", "Adoption", "Paternity",
		"Order of Protection", "Prenuptial Agreement", "Guardianship of a Minor",
	}},
	{"Estate Planning", []string{"Client", "Beneficiary"}, []string{
		"Will", "Living Trust", "Power of Attorney", "Estate Plan", "Special Needs Trust",
	}},
	{"Probate", []string{"Executor", "Contestant"}, []string{
		"Probate Administration", "Small Estate", "Trust Administration", "Will Contest", "Adult Guardianship",
	}},
	{"Immigration", []string{"Applicant", "Respondent"}, []string{
		"Family-Based Petition", "Employment-Based Petition", "Naturalization", "Asylum", "Removal Defense",
		"Work Visa", "Adjustment of Status",
	}},
	{"Criminal", []string{"Defendant", "Prosecution"}, []string{
		"Felony", "Misdemeanor", "DUI", "Traffic", "Drug Offense", "Expungement", "Juvenile",
	}},
	{"Real Estate", []string{"Buyer", "Seller"}, []string{
		"Residential Purchase", "Residential Sale", "Commercial Purchase", "Commercial Lease", "Refinance",
		"Foreclosure", "Landlord and Tenant", "Eviction",
	}},
	{"Employment", []string{"Employee", "Employer"}, []string{
		"Wrongful Termination", "Discrimination", "Sexual Harassment", "Wage and Hour", "Employment Agreement",
		"Severance Review",
	}},
	{"Business", []string{"Client", "Counterparty"}, []string{
		"Incorporation", "LLC Formation", "Contract Review", "Business Sale", "Partnership Dispute",
		"Trademark Registration",
	}},
	{"Litigation", []string{"Plaintiff", "Defendant"}, []string{
		"Civil Litigation", "Federal Litigation", "Breach of Contract", "Collections", "Appeal",
	}},
	{"Bankruptcy", []string{"Debtor", "Creditor"}, []string{"Chapter 7", "Chapter 11", "Chapter 13"}},
}

var auTypes = []area{
	{"Conveyancing", []string{"Purchaser", "Vendor"}, []string{
		"Purchase", "Sale", "Mortgage", "Transfer", "Commercial Lease", "Retail Lease",
	}},
	{"Personal Injury", []string{"Plaintiff", "Defendant"}, []string{
		"Motor Vehicle Accident", "Public Liability", "Workers Compensation", "Medical Negligence",
	}},
	{"Family Law", []string{"Applicant", "Respondent"}, []string{
		"Divorce", "Property Settlement", "Parenting", "Binding Financial Agreement",
	}},
	{"Wills and Estates", []string{"Client", "Beneficiary"}, []string{
		"Will", "Probate", "Letters of Administration", "Family Provision Claim", "Enduring Power of Attorney",
	}},
	{"Criminal", []string{"Defendant", "Prosecution"}, []string{"Local Court", "District Court", "Traffic", "Bail"}},
	{"Migration", []string{"Applicant", "Sponsor"}, []string{"Partner Visa", "Skilled Visa", "Citizenship"}},
	{"Commercial", []string{"Client", "Counterparty"}, []string{
		"Business Purchase", "Business Sale", "Company Formation", "General Litigation",
	}},
}
