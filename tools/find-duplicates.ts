/** `find_duplicates`: copies, near copies and bursts, with the one to keep. */
import { z } from "zod";
import type { Search } from "../src/search/types.ts";
import { DUPLICATE_KINDS } from "../src/search/types.ts";
import { duplicatesData, duplicatesResultSchema } from "./duplicates/duplicates-data.ts";
import { defineTool } from "./tool.ts";

export const findDuplicates = defineTool({
  name: "find_duplicates",
  title: "Find duplicates",
  description:
    "Groups of exact copies, near copies (edited, smaller) or bursts (one moment), each with the one to keep. Nothing is deleted.",
  input: z.strictObject({
    folder: z.string().max(1000).optional(),
    mode: z.enum(DUPLICATE_KINDS).default("near"),
    threshold: z.int().min(0).max(16).optional().describe("near: bits that may differ, usually 10"),
    limit: z.int().min(1).max(50).default(12),
    cursor: z.string().max(500).optional(),
  }),
  output: z.looseObject({
    groups: z.array(z.looseObject({ ids: z.array(z.string()) })),
    total: z.number(),
    returned: z.number(),
  }),
  result: duplicatesResultSchema,
  effect: "read",
  async handle({ folder, mode, threshold, limit, cursor }, { photon }, signal) {
    const library: Search = await photon();
    const request = {
      kind: mode,
      ...(folder === undefined ? {} : { folders: [folder] }),
      distance: mode === "near" ? threshold : undefined,
      limit,
      cursor,
    };
    return { kind: "data", data: duplicatesData(await library.duplicates(request, signal)) };
  },
});
