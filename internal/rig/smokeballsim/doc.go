// Package smokeballsim simulates Smokeball: an HTTP server that enforces the vendor's
// contract strictly, so that requests the vendor refuses are refused here, too.
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
//   - Changes that become visible cause signed webhooks, delivered at least once and in no
//     guaranteed order.
//   - Faults happen only on demand ([Server.Fault]). The same [Config.Seed] and the same
//     order of calls reproduce them.
//   - It keeps everything in memory, unless there is a [Config.StateFile]. With one, a
//     change is answered only after it is in the file, and a read shows only what is in the
//     file. So a process that is killed at any instruction and started again with the same
//     file continues where it was: contacts, matters, files, folders, tags, memos, tasks,
//     events, edited matter types, subscriptions, codes, tokens, upload addresses, and
//     accepted writes that are not visible yet, with their times. No id is drawn twice.
//     Time passes while the process is down: tokens end, writes fall due.
//   - A state file keeps of a file's bytes only their size and SHA-256: what was uploaded
//     before a restart cannot be downloaded after it (404). Webhooks on their way are lost, as the vendor's may be, and
//     armed faults and the logs of requests and deliveries are lost. Each change writes the
//     whole file: it suits hundreds of resources, not tens of thousands.
//
// It imports nothing else of this module, so it cannot share a mistake with the client that
// is tested against it.
package smokeballsim
