// Package smokeball speaks with Smokeball: sign-in, matters, contacts, files, matter
// types, staff, the firm, webhook subscriptions, and the check of incoming webhooks.
//
// It promises:
//   - Every API call passes one limiter that all firms share, or that of the firm's own
//     app; no call gets round it. Uploads to pre-signed URLs and token calls are not part
//     of the allowance.
//   - A firm for which Smokeball is out of reach makes no calls but a probe now and then.
//   - Of all engines that share a TokenStore one at a time refreshes a firm's tokens.
//   - Every failed call is a *domain.CallError whose class was decided here, once, with
//     words that a person can act on and Smokeball's own answer beside them.
//   - A call that may have had its effect although its answer was lost is Unsettled.
//     Nothing is repeated here but a call that Smokeball turned away for its sign-in.
//   - Tokens, keys, pre-signed URLs and query texts appear in no error and no log.
//
// Times are sent in whole seconds, UTC. Answers are read with tolerance for fields this
// package does not know; requests carry only fields that Smokeball's description names.
package smokeball
