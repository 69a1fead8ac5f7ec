/** The answer of `find_duplicates`. */
import { z } from "zod";
import type { DuplicateGroup, DuplicatesReply } from "../../src/search/types.ts";
import { fitResult } from "../photos/fit-result.ts";
import { outsideName } from "../photos/outside-text.ts";
import { displayPath, placeOf } from "../photos/photo-row.ts";

export const duplicatesResultSchema = z.strictObject({
  groups: z.array(
    z.strictObject({
      keep_suggestion: z.string().describe("Id of the photo to keep; exact: path of the file to keep."),
      ids: z.array(z.string()).describe("The one to keep first; exact: one id, for the content is one."),
      reason: z.string(),
      distance: z.number().optional().describe("Largest perceptual distance from the one to keep, bits of 144."),
      count: z.number().describe("Members of the group, those that are not listed too."),
      photos: z
        .array(z.strictObject({ name: z.string(), folder: z.string(), size: z.string(), bytes: z.number() }))
        .optional()
        .describe("In the order of `ids`."),
      files: z.array(z.string()).optional().describe("exact: where the content lies, the file to keep first."),
    }),
  ),
  total: z.number(),
  returned: z.number(),
  next_cursor: z.string().optional(),
  note: z.string().optional(),
});
export type DuplicatesData = z.output<typeof duplicatesResultSchema>;

interface GroupLimits {
  readonly members: number;
  readonly name: number;
  readonly details: boolean;
}
/** From rich to poor. */
const LIMITS: readonly GroupLimits[] = [
  { members: 20, name: 100, details: true },
  { members: 8, name: 60, details: true },
  { members: 20, name: 60, details: false },
  { members: 4, name: 60, details: false },
];

const exactGroup = ({ photos, ids, reason }: DuplicateGroup, { members, name }: GroupLimits) => {
  const places = photos.flatMap((photo) => photo.places);
  const files = places.slice(0, members).map((place) => outsideName(displayPath(place), 2 * name));
  return { keep_suggestion: files[0] ?? "", ids: [...ids], reason, count: places.length, files };
};

const alikeGroup = (
  { photos, ids, reason, distance }: DuplicateGroup,
  { members, name: length, details }: GroupLimits,
): DuplicatesData["groups"][number] => ({
  keep_suggestion: ids[0] ?? "",
  ids: ids.slice(0, members),
  reason,
  ...(distance === undefined ? {} : { distance }),
  count: ids.length,
  ...(details
    ? {
        photos: photos.slice(0, members).map((photo) => {
          const { name, folder } = placeOf(photo);
          return {
            name: outsideName(name, length),
            folder: outsideName(folder, length),
            size: `${photo.width}x${photo.height}`,
            bytes: photo.fileBytes,
          };
        }),
      }
    : {}),
});

const noteOf = ({ total, kind, notes }: DuplicatesReply): string =>
  [...(total === 0 ? [`No ${kind} duplicates were found.`] : []), ...notes].join(" ");

export const duplicatesData = (reply: DuplicatesReply): DuplicatesData => {
  const { kind, groups, total, nextCursor } = reply;
  const note = noteOf(reply);
  return fitResult(LIMITS, (limits) => ({
    groups: groups.map((group) => (kind === "exact" ? exactGroup(group, limits) : alikeGroup(group, limits))),
    total,
    returned: groups.length,
    ...(nextCursor === undefined ? {} : { next_cursor: nextCursor }),
    ...(note === "" ? {} : { note }),
  }));
};
