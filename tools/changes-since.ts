/** `changes_since`: what has happened to photos since the last look. */
import { z } from "zod";
import type { ChangesApi } from "../src/app/changes.ts";
import { CHANGE_KINDS } from "../src/app/changes.ts";
import type { Search } from "../src/search/types.ts";
import { changesData, changesResultSchema } from "./changes/changes-data.ts";
import { defineTool } from "./tool.ts";

export const changesSince = defineTool({
  name: "changes_since",
  title: "Changes since",
  description:
    "What happened to photos since a cursor; without one the newest events and a cursor to keep. matched = fits a standing watch.",
  input: z.strictObject({
    cursor: z.string().max(500).optional(),
    kinds: z.array(z.enum(CHANGE_KINDS)).max(CHANGE_KINDS.length).optional(),
    limit: z.int().min(1).max(100).default(50),
  }),
  output: z.looseObject({
    events: z.array(z.looseObject({ id: z.string() })),
    cursor: z.string(),
    more: z.boolean(),
  }),
  result: changesResultSchema,
  effect: "read",
  async handle({ cursor, kinds = [], limit }, { photon }) {
    const library: ChangesApi & Search = await photon();
    return { kind: "data", data: await changesData(library, await library.changes({ cursor, kinds, limit })) };
  },
});
