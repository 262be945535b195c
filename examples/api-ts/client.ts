// Shows how a program calls the engine's API: with types from its OpenAPI document, it lists
// matters, previews and requests a sync, sends the request again with its Idempotency-Key, follows
// the sync by its ETag, and reads a problem.
//
//   npm run generate -- http://127.0.0.1:8080/openapi.json -o engine.d.ts
//   npm start -- --url http://127.0.0.1:8080 --firm f_hartwell --token "$TOKEN"

import { parseArgs } from "node:util";
import createClient from "openapi-fetch";
import type { components, paths } from "./engine.js";

type Problem = components["schemas"]["Problem"];
type Entry = components["schemas"]["Entry"];

const { values } = parseArgs({
  options: { url: { type: "string", default: "http://127.0.0.1:8080" }, firm: { type: "string", default: "f_hartwell" }, token: { type: "string", default: "" } },
});
const firm = values.firm;
const engine = createClient<paths>({ baseUrl: values.url, headers: { Authorization: `Bearer ${values.token}` } });

async function main(): Promise<void> {
  const matters = must(await engine.GET("/v1/firms/{firm}/matters", { params: { path: { firm }, query: { limit: 5 } } }));
  const newest = matters.items?.[0];
  if (!newest) throw new Error(`firm ${firm} has no matters`);
  const path = { firm, matter: newest.matter_id };

  const preview = must(await engine.POST("/v1/firms/{firm}/matters/{matter}/preview", { params: { path } }));
  console.log(`${newest.title}: a sync would make ${preview.estimate.calls} calls`);

  const call = { params: { path, header: { "Idempotency-Key": `example-${Date.now()}` } } };
  const asked = must(await engine.POST("/v1/firms/{firm}/matters/{matter}/sync", call));
  const again = must(await engine.POST("/v1/firms/{firm}/matters/{matter}/sync", call));
  if (again.id !== asked.id) throw new Error("the same key led to two syncs");

  const end = await follow(asked.id, asked.position);
  console.log(`sync ${end.id}: ${end.status}${end.error ? `, ${end.error.code}: ${end.error.remedy}` : ""}`);

  const { error } = await engine.GET("/v1/firms/{firm}/sync-history/{id}", { params: { path: { firm, id: "s_none" } } });
  console.log(`an unknown sync is answered ${error?.status} ${error?.code}`);
}

// follow polls a sync until it has ended; an answer that has not changed has no body.
async function follow(id: string, position: number): Promise<Entry> {
  const path = { firm, id };
  let known: Entry | undefined;
  let tag = "";
  for (let tries = 0; tries < 300; tries++) {
    const { data, error, response } = await engine.GET("/v1/firms/{firm}/sync-history/{id}", {
      params: { path, query: { min_position: position }, header: { "If-None-Match": tag } },
    });
    if (error && response.status !== 304) throw new Error(said(error));
    tag = response.headers.get("ETag") ?? "";
    known = data ?? known;
    if (known && ["succeeded", "failed", "skipped", "cancelled"].includes(known.status)) return known;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`sync ${id} has not ended within 30 seconds`);
}

function must<T>(answer: { data?: T; error?: Problem }): T {
  if (answer.data === undefined) throw new Error(answer.error ? said(answer.error) : "no answer");
  return answer.data;
}

function said(p: Problem): string {
  return `${p.status} ${p.code}: ${p.detail} ${p.remedy ?? ""}`;
}

main().catch((err: unknown) => {
  console.error(err instanceof Error ? err.message : err);
  process.exitCode = 1;
});
