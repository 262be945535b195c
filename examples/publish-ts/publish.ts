// Shows how a service of CaseHug tells the engine of a new matter and of an approved
// document. It needs nothing of the engine but the address of its bus; run again, it
// changes nothing, since its events keep their ids.
//
//   npm start -- --url nats://127.0.0.1:4222 --firm f_hartwell

import { createHash } from "node:crypto";
import { parseArgs } from "node:util";
import { connect, headers, type NatsConnection } from "@nats-io/transport-node";
import { jetstream, type JetStreamClient } from "@nats-io/jetstream";
import { Objm } from "@nats-io/obj";

const source = "/examples/publish-ts"; // with an event's id, what makes it the same event
const documents = "casehug-documents"; // the bucket that the engine reads documents from

const pdf = new TextEncoder().encode("%PDF-1.4\nSigned by Imani Castellanos.\n%%EOF\n");

const matter = {
  matter_id: "m_ts_1", version: 1, title: "Castellanos v. Bluewater Cabs", case_number: "CH-2026-0802",
  case_type: "Auto Accident", practice_area: "Personal Injury", jurisdiction: "IL", status: "active",
  client: { client_id: "c_ts_1", version: 1, first_name: "Imani", last_name: "Castellanos", email: "imani.castellanos@example.com" },
};

const approved = {
  document_id: "d_ts_1", matter_id: "m_ts_1", file_name: "Signed retainer.pdf", content_type: "application/pdf",
  size_bytes: pdf.length, sha256: createHash("sha256").update(pdf).digest("hex"), approved_by: "u_5",
  content: { object: `${documents}/d_ts_1` },
};

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { url: { type: "string", default: "nats://127.0.0.1:4222" }, firm: { type: "string", default: "f_hartwell" } },
  });
  const conn = await dial(values.url);
  try {
    const js = jetstream(conn);
    await put(js, "d_ts_1", pdf);
    await say(js, values.firm, "matter.created", "m_ts_1-created", matter);
    await say(js, values.firm, "document.approved", "d_ts_1-approved", approved);
  } finally {
    await conn.close();
  }
}

async function dial(url: string): Promise<NatsConnection> {
  try {
    return await connect({ servers: url });
  } catch (cause) {
    throw new Error(`connect to ${url}: ${reason(cause)}; is the engine running there?`);
  }
}

// put hands the document's bytes over before anything is said of them.
async function put(js: JetStreamClient, name: string, body: Uint8Array): Promise<void> {
  const bucket = await new Objm(js).open(documents);
  await bucket.putBlob({ name }, body);
}

// say publishes one CloudEvent and waits until the engine's bus has it on disk. Without
// that answer it has to be said again, under the same id.
async function say(js: JetStreamClient, firm: string, what: string, id: string, data: unknown): Promise<void> {
  const event = {
    specversion: "1.0", id, source, type: `com.casehug.${what}`,
    time: new Date().toISOString(), datacontenttype: "application/json", data,
  };
  const h = headers();
  h.set("Content-Type", "application/cloudevents+json");
  const ack = await js.publish(`casehug.${firm}.${what}`, JSON.stringify(event), { msgID: `${source}/${id}`, headers: h });
  console.log(`${what}: ${id} is stored as number ${ack.seq} in ${ack.stream}`);
}

function reason(err: unknown): string {
  return err instanceof Error ? err.message : String(err);
}

main().catch((err: unknown) => {
  console.error("publish-ts:", reason(err));
  process.exitCode = 1;
});
