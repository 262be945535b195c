package smokeball

import "github.com/casehug/smokeball-sync/domain"

// faultOf is the error of a call that met a fault.
func faultOf(op string, class domain.Class, code domain.Code, fault domain.Fault, about domain.About, cause error) *domain.CallError {
	about.Op = domain.OpOf(op)
	return &domain.CallError{Op: op, Class: class, Failure: domain.Failure{Code: code, Fault: fault, About: &about}, Setting: about.Setting, Err: cause}
}

// passing is a fault of Smokeball that passes.
func passing(op string, fault domain.Fault, about domain.About, cause error) *domain.CallError {
	return faultOf(op, domain.Retryable, domain.CodeSmokeballUnavailable, fault, about, cause)
}

func notConnected(cause error) *domain.CallError {
	return faultOf(opOwn, domain.SignIn, domain.CodeNotConnected, domain.FaultNotConnected, domain.About{}, cause)
}

func storeFault(cause error) *domain.CallError {
	return faultOf(opOwn, domain.Retryable, domain.CodeInternal, domain.FaultSignInUnreadable, domain.About{}, cause)
}

// abandoned is a call that its own caller gave up before it was sent.
func abandoned(op string, cause error) *domain.CallError {
	return passing(op, domain.FaultCallAbandoned, domain.About{}, cause)
}

// movedFault is a redirect, which is never followed: the credentials go to no other host.
func movedFault(op, location string) *domain.CallError {
	return passing(op, domain.FaultRedirected, domain.About{Value: hostname(location), Setting: settingAPI}, nil)
}
