/** `describe`: what is known about photos; on request their descriptions are made now. */
import { z } from "zod";
import { SECOND } from "../src/clock.ts";
import type { Search } from "../src/search/types.ts";
import { describedData, describeResultSchema, loadFacts } from "./describe/described-data.ts";
import { describeMissing } from "./describe/describe-missing.ts";
import { knownPhotos } from "./photos/known-photos.ts";
import { DETAILS } from "./photos/photo-row.ts";
import { CALL_LIMIT_MS } from "./run-call.ts";
import { defineTool } from "./tool.ts";

export const describe = defineTool({
  name: "describe",
  title: "Describe photos",
  description:
    "Everything known about photos: time, place, camera, tags, texts, descriptions. With generate photon's language model describes up to 4 that lack one; without a model write them with annotate.",
  input: z.strictObject({
    ids: z.array(z.string().max(200)).min(1).max(20),
    detail: z.enum(DETAILS).default("concise"),
    generate: z.boolean().default(false),
    language: z.string().max(35).optional().describe("Translation to show, such as es"),
    wait_seconds: z.int().min(1).max(50).default(40),
  }),
  output: z.looseObject({
    photos: z.array(z.looseObject({ id: z.string() })),
  }),
  result: describeResultSchema,
  effect: ({ provider }) => (provider === undefined ? "read" : "write"),
  openWorld: ({ provider }) => provider?.leavesMachine === true,
  timeLimitMs: ({ generate, wait_seconds: wait }) => CALL_LIMIT_MS + (generate ? wait * SECOND : 0),
  async handle({ ids, detail, generate, language, wait_seconds: wait }, context, signal) {
    const library: Search = await context.photon();
    const { photos, errors } = await knownPhotos(library, ids);
    const made = generate ? await describeMissing(photos, wait, { context, signal }) : undefined;
    const facts = await loadFacts(library, photos, { detail, language, isChanged: made !== undefined }, signal);
    return { kind: "data", data: describedData(facts, { detail, language, errors, made }) };
  },
});
