package smokeballsim

// The shapes of contacts, as the vendor's API describes them. Types that end in In and Out hold
// the few fields that differ between writing and reading.

type phone struct {
	AreaCode string `json:"areaCode,omitempty"`
	Number   string `json:"number,omitempty"`
}

type phoneExt struct {
	phone
	Extension string `json:"extension,omitempty"`
}

type poBox struct {
	CareOf      string `json:"careOf,omitempty"`
	PoBoxType   string `json:"poBoxType,omitempty"`
	PoBoxNumber string `json:"poBoxNumber,omitempty"`
	City        string `json:"city,omitempty"`
	State       string `json:"state,omitempty"`
	ZipCode     string `json:"zipCode,omitempty"`
}

type address struct {
	CareOf        string `json:"careOf,omitempty"`
	BuildingLevel string `json:"buildingLevel,omitempty"`
	UnitNumber    string `json:"unitNumber,omitempty"`
	UnitType      string `json:"unitType,omitempty"`
	StreetNumber  string `json:"streetNumber,omitempty"`
	StreetName    string `json:"streetName,omitempty"`
	StreetType    string `json:"streetType,omitempty"`
	AddressLine1  string `json:"addressLine1,omitempty"`
	AddressLine2  string `json:"addressLine2,omitempty"`
	City          string `json:"city,omitempty"`
	State         string `json:"state,omitempty"`
	ZipCode       string `json:"zipCode,omitempty"`
	Locality      string `json:"locality,omitempty"`
	County        string `json:"county,omitempty"`
	Country       string `json:"country,omitempty"`
	PoBox         *poBox `json:"poBox,omitempty"`
}

type dxAddress struct {
	Number   string `json:"number,omitempty"`
	Exchange string `json:"exchange,omitempty"`
	State    string `json:"state,omitempty"`
}

type businessAddress struct {
	address
	DxAddress *dxAddress `json:"dxAddress,omitempty"`
}

type passport struct {
	PassportNumber         string   `json:"passportNumber,omitempty"`
	PassportIssueDate      dateTime `json:"passportIssueDate,omitempty"`
	PassportExpireDate     dateTime `json:"passportExpireDate,omitempty"`
	PassportIssueCountry   string   `json:"passportIssueCountry,omitempty"`
	PassportIssueAuthority string   `json:"passportIssueAuthority,omitempty"`
}

type death struct {
	DeathDate          dateTime `json:"deathDate,omitempty"`
	IsDeathDateUnknown bool     `json:"isDeathDateUnknown,omitempty"`
	DeathDateFrom      dateTime `json:"deathDateFrom,omitempty"`
	DeathDateTo        dateTime `json:"deathDateTo,omitempty"`
	DeathPlace         string   `json:"deathPlace,omitempty"`
	DeathState         string   `json:"deathState,omitempty"`
	DeathCountry       string   `json:"deathCountry,omitempty"`
	DeathCounty        string   `json:"deathCounty,omitempty"`
}

type citizenship struct {
	CountryOfCitizenship  string `json:"countryOfCitizenship,omitempty"`
	Nationality           string `json:"nationality,omitempty"`
	LanguageOfInterpreter string `json:"languageOfInterpreter,omitempty"`
}

type utbms struct {
	LedesClientID string `json:"ledesClientId,omitempty"`
}

type identification struct {
	AlienNumber           string `json:"alienNumber,omitempty"`
	RegistrationAuthority string `json:"registrationAuthority,omitempty"`
	RegistrationNumber    string `json:"registrationNumber,omitempty"`
	DriversLicenseNumber  string `json:"driversLicenseNumber,omitempty"`
	DriversLicenseState   string `json:"driversLicenseState,omitempty"`
	MedicareNumber        string `json:"medicareNumber,omitempty"`
}

type personExecution struct {
	PoaType             string   `json:"poaType,omitempty"`
	PoaDate             dateTime `json:"poaDate,omitempty"`
	AttorneyName        string   `json:"attorneyName,omitempty"`
	Address             *address `json:"address,omitempty"`
	PoaRegisteredBook   string   `json:"poaRegisteredBook,omitempty"`
	PoaRegisteredNumber string   `json:"poaRegisteredNumber,omitempty"`
	ExecutionType       string   `json:"executionType,omitempty"`
}

type executor struct {
	Name               string   `json:"name,omitempty"`
	Address            *address `json:"address,omitempty"`
	PersonType         string   `json:"personType,omitempty"`
	SelectedOfficeHeld string   `json:"selectedOfficeHeld,omitempty"`
}

type execution struct {
	Person1                            *executor `json:"person1,omitempty"`
	Person2                            *executor `json:"person2,omitempty"`
	ExecutingUnder127                  *bool     `json:"executingUnder127,omitempty"`
	ExecutingAuthority                 string    `json:"executingAuthority,omitempty"`
	SealType                           string    `json:"sealType,omitempty"`
	AuthorisedDepositTakingInstitution *bool     `json:"authorisedDepositTakingInstitution,omitempty"`
	PoaRegistrationNumber              string    `json:"poaRegistrationNumber,omitempty"`
	AttorneyNames                      []string  `json:"attorneyNames,omitempty"`
	ExecutionType                      string    `json:"executionType,omitempty"`
}

type person struct {
	Title                      string           `json:"title,omitempty"`
	FirstName                  string           `json:"firstName,omitempty"`
	MiddleName                 string           `json:"middleName,omitempty"`
	LastName                   string           `json:"lastName,omitempty"`
	NameSuffix                 string           `json:"nameSuffix,omitempty"`
	CustomName                 string           `json:"customName,omitempty"`
	OtherNames                 string           `json:"otherNames,omitempty"`
	ResidentialAddress         *address         `json:"residentialAddress,omitempty"`
	MailingAddress             *address         `json:"mailingAddress,omitempty"`
	Phone                      *phone           `json:"phone,omitempty"`
	Phone2                     *phoneExt        `json:"phone2,omitempty"`
	Fax                        *phone           `json:"fax,omitempty"`
	Cell                       *phone           `json:"cell,omitempty"`
	Email                      string           `json:"email,omitempty"`
	Notes                      string           `json:"notes,omitempty"`
	Occupation                 string           `json:"occupation,omitempty"`
	Gender                     string           `json:"gender,omitempty"`
	MaritalStatus              string           `json:"maritalStatus,omitempty"`
	SpecialNeeds               string           `json:"specialNeeds,omitempty"`
	BirthDate                  dateTime         `json:"birthDate,omitempty"`
	BirthPlace                 string           `json:"birthPlace,omitempty"`
	BirthState                 string           `json:"birthState,omitempty"`
	BirthCountry               string           `json:"birthCountry,omitempty"`
	IdentificationNumberType   string           `json:"identificationNumberType,omitempty"`
	IdentificationNumber       string           `json:"identificationNumber,omitempty"`
	BirthFirstName             string           `json:"birthFirstName,omitempty"`
	BirthMiddleName            string           `json:"birthMiddleName,omitempty"`
	BirthLastName              string           `json:"birthLastName,omitempty"`
	PreviousNames              string           `json:"previousNames,omitempty"`
	PassportDetails            *passport        `json:"passportDetails,omitempty"`
	DeathDetails               *death           `json:"deathDetails,omitempty"`
	CorrectionsReferenceNumber string           `json:"correctionsReferenceNumber,omitempty"`
	CentrelinkReferenceNumber  string           `json:"centrelinkReferenceNumber,omitempty"`
	CitizenshipDetails         *citizenship     `json:"citizenshipDetails,omitempty"`
	UtbmsDetails               *utbms           `json:"utbmsDetails,omitempty"`
	ExecutionOptions           *personExecution `json:"executionOptions,omitempty"`
}

type personIn struct {
	person
	IdentificationDetails *identification `json:"identificationDetails,omitempty"`
}

type company struct {
	Name                  string           `json:"name,omitempty"`
	Type                  string           `json:"type,omitempty"`
	Phone                 *phone           `json:"phone,omitempty"`
	Fax                   *phone           `json:"fax,omitempty"`
	Email                 string           `json:"email,omitempty"`
	Website               string           `json:"website,omitempty"`
	Notes                 string           `json:"notes,omitempty"`
	BusinessAddress       *businessAddress `json:"businessAddress,omitempty"`
	MailingAddress        *address         `json:"mailingAddress,omitempty"`
	ABN                   string           `json:"abn,omitempty"`
	EIN                   string           `json:"ein,omitempty"`
	RegisteredDate        dateTime         `json:"registeredDate,omitempty"`
	StateID               string           `json:"stateId,omitempty"`
	StateRegisteredIn     string           `json:"stateRegisteredIn,omitempty"`
	CountryRegisteredIn   string           `json:"countryRegisteredIn,omitempty"`
	Branch                string           `json:"branch,omitempty"`
	RegisteredAddress     *address         `json:"registeredAddress,omitempty"`
	FirmIsRegisteredAgent bool             `json:"firmIsRegisteredAgent,omitempty"`
	CompanyNumberType     string           `json:"companyNumberType,omitempty"`
	CompanyNumber         string           `json:"companyNumber,omitempty"`
	DoingBusinessAsName   string           `json:"doingBusinessAsName,omitempty"`
	TradingAs             string           `json:"tradingAs,omitempty"`
	TradingName           string           `json:"tradingName,omitempty"`
	ExecutionOptions      *execution       `json:"executionOptions,omitempty"`
}

type companyIn struct {
	company
	CompanyManagedBy *int     `json:"companyManagedBy,omitempty"` // 0 Members, 1 Managers
	StaffIDs         []string `json:"staffIds,omitempty"`
	DirectorIDs      []string `json:"directorIds,omitempty"`
}

type companyOut struct {
	company
	CompanyManagedBy string   `json:"companyManagedBy,omitempty"`
	Staff            []link   `json:"staff"`
	Directors        []link   `json:"directors"`
	StaffIDs         []string `json:"staffIds"`
}

type trustee struct {
	Name string `json:"name,omitempty"`
	Type string `json:"type,omitempty"`
}

type trust struct {
	Name         string    `json:"name,omitempty"`
	Status       string    `json:"status,omitempty"`
	TrustNumber  string    `json:"trustNumber,omitempty"`
	ExecutedDate dateTime  `json:"executedDate,omitempty"`
	Phone        *phone    `json:"phone,omitempty"`
	Fax          *phone    `json:"fax,omitempty"`
	Address      *address  `json:"address,omitempty"`
	Trustees     []trustee `json:"trustees,omitempty"`
}

type group struct {
	ResidentialAddress *address `json:"residentialAddress,omitempty"`
	MailingAddress     *address `json:"mailingAddress,omitempty"`
}

type groupIn struct {
	group
	PeopleIDs []string `json:"peopleIds,omitempty"`
}

type groupOut struct {
	group
	People []link `json:"people"`
	Name   string `json:"name,omitempty"`
}

// contactIn is a contact as it is written.
type contactIn struct {
	ExternalSystemID string     `json:"externalSystemId,omitempty"`
	Person           *personIn  `json:"person,omitempty"`
	Company          *companyIn `json:"company,omitempty"`
	Trust            *trust     `json:"trust,omitempty"`
	GroupOfPeople    *groupIn   `json:"groupOfPeople,omitempty"`
	IsDeleted        bool       `json:"isDeleted,omitempty"`
}

// contactOut is a contact as it is read.
type contactOut struct {
	hyper
	ID               string      `json:"id"`
	ExternalSystemID string      `json:"externalSystemId,omitempty"`
	VersionID        string      `json:"versionId"`
	Person           *person     `json:"person,omitempty"`
	Company          *companyOut `json:"company,omitempty"`
	Trust            *trust      `json:"trust,omitempty"`
	GroupOfPeople    *groupOut   `json:"groupOfPeople,omitempty"`
	IsDeleted        bool        `json:"isDeleted"`
	LastUpdated      int64       `json:"lastUpdated"` // .NET ticks
	Tags             []tag       `json:"tags,omitempty"`
}

type tag struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name"`
	Type string `json:"type"`
}
