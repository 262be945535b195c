package bus

// Dial connects as the engine does, for tests outside the package.
var Dial = dial

// AbsentAt is absentAt.
var AbsentAt = absentAt
