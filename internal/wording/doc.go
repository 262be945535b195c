// Package wording makes the sentences that people read of what facts hold: codes and what they
// are about. A better sentence reaches old facts too. Facts that hold a sentence, because an
// older engine wrote them, keep it.
package wording
