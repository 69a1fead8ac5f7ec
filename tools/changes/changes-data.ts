/** The answer of `changes_since`. */
import { z } from "zod";
import type { ChangesReply, PhotoChange } from "../../src/app/changes.ts";
import { CHANGE_KINDS } from "../../src/app/changes.ts";
import type { PhotoSummary, Search } from "../../src/search/types.ts";
import { outsideName } from "../photos/outside-text.ts";
import { placeOf } from "../photos/photo-row.ts";

const SHOWN_DIGITS = 12;
const FOLDER_LENGTH = 100;

export const changesResultSchema = z.strictObject({
  events: z
    .array(
      z.strictObject({
        id: z.string(),
        kind: z.enum(CHANGE_KINDS),
        at: z.string().describe("ISO 8601, UTC."),
        folder: z.string().optional().describe("Left out when the photo is not in the library any more."),
        match: z
          .strictObject({ watch: z.string(), confidence: z.number() })
          .optional()
          .describe("Of `matched`: the standing watch."),
        document: z.string().optional().describe("Of `enriched`: document type."),
      }),
    )
    .describe("Oldest first."),
  cursor: z.string(),
  more: z.boolean(),
  reset: z.literal(true).optional().describe("The cursor was older than what is kept: these are the newest events."),
  note: z.string().optional(),
});
export type ChangesData = z.output<typeof changesResultSchema>;

const eventOf = (change: PhotoChange, photo: PhotoSummary | undefined): ChangesData["events"][number] => {
  const { contentHash, kind, at, match, documentType } = change;
  return {
    id: contentHash.slice(0, SHOWN_DIGITS),
    kind,
    at: new Date(at).toISOString(),
    ...(photo === undefined ? {} : { folder: outsideName(placeOf(photo).folder, FOLDER_LENGTH) }),
    ...(match === undefined ? {} : { match: { ...match, watch: outsideName(match.watch) } }),
    ...(documentType === undefined ? {} : { document: outsideName(documentType) }),
  };
};

export const changesData = async (
  search: Pick<Search, "lookUp">,
  { changes, cursor, more, reset }: ChangesReply,
): Promise<ChangesData> => {
  const hashes = [...new Set(changes.map(({ contentHash }) => contentHash))];
  const known = new Map(
    (await search.lookUp(hashes)).flatMap((one) => ("photo" in one ? [[one.asked, one.photo]] : [])),
  );
  return {
    events: changes.map((change) => eventOf(change, known.get(change.contentHash))),
    cursor,
    more,
    ...(reset
      ? { reset: true, note: "The cursor is older than what is kept (30 days): look at the library anew." }
      : {}),
  };
};
