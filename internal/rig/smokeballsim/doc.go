// Package smokeballsim is a Smokeball of our own: an HTTP server that speaks the
// vendor's contract strictly, so that what the vendor refuses is refused here too.
//
// It promises:
//
//   - One server holds the API at /, the sign-in at /oauth2/, the pre-signed upload
//     and download addresses at /_upload/ and /_download/, and its own controls at /_sim/.
//   - Every write answers 202 at once and shows its effect only after a delay drawn from
//     [Config.VisibleAfter]; until then a read of it is 404. Writes to one resource take
//     effect in the order in which they were accepted.
//   - All firms share one token bucket, as they do at the vendor; above it a call is 429.
//     A firm's private app has its own.
//   - Signed webhooks follow what becomes visible, are delivered at least once and in no
//     promised order.
//   - Faults happen only on demand ([Server.Fault]) and, with one [Config.Seed] and one
//     order of calls, in the same places again.
//   - It keeps everything in memory and leaves nothing behind after [Server.Close], unless
//     there is a [Config.StateFile]. With one, what changes something is answered only
//     after its effect is in the file, and nothing is read that is not; so a process that
//     is killed at any instruction and started again with the same file goes on where it
//     was: contacts, matters, files, folders, tags, memos, tasks, events, edited matter
//     types, subscriptions, codes, tokens, upload addresses, and the writes that were
//     accepted and are not visible yet, with the times at which they will be. No id that
//     was told is drawn again. Time goes on meanwhile: tokens end, writes fall due.
//   - A state file keeps of a file's bytes only their size and SHA-256: what was uploaded
//     before a restart cannot be downloaded after it (404). Webhooks on their way are lost, as the vendor's may be, and
//     armed faults and the logs of requests and deliveries starts over. Each change writes
//     the whole file: it suits hundreds of resources, not tens of thousands.
//
// It needs nothing else of this module, so it cannot share a mistake with the client
// that is tested against it.
package smokeballsim
