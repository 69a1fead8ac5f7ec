/** `remove_from_index`: photos leave the library, in two steps; their files are never touched. */
import { z } from "zod";
import type { AdministrationApi } from "../src/library/administration.ts";
import type { LibraryGuide } from "../src/app/library-guide.ts";
import { InvalidInputError } from "../src/errors.ts";
import type { Search } from "../src/search/types.ts";
import { confirmedOutcome, previewFields } from "./confirmed-outcome.ts";
import { itemErrorSchema, knownPhotos } from "./photos/known-photos.ts";
import { outsideName } from "./photos/outside-text.ts";
import { knownFolder } from "./photos/known-folder.ts";
import { defineTool } from "./tool.ts";

const SAMPLE = 5;

export const removeFromIndex = defineTool({
  name: "remove_from_index",
  title: "Remove from the library",
  description:
    "Make photon forget photos: vectors, tags, descriptions. Files stay untouched. The first call previews and gives a confirm_token; on the user's yes call again with it.",
  input: z.strictObject({
    ids: z.array(z.string().max(200)).min(1).max(500).optional(),
    folder: z.string().max(1000).optional(),
    confirm_token: z.string().max(500).optional(),
  }),
  output: z.looseObject({}),
  result: z.strictObject({
    would_remove: z.number().optional(),
    sample: z.array(z.strictObject({ id: z.string(), name: z.string() })).optional(),
    removed: z.number().optional(),
    errors: z.array(itemErrorSchema),
    ...previewFields,
  }),
  effect: "destroy",
  async handle({ ids, folder, confirm_token: token }, context) {
    if ((ids === undefined) === (folder === undefined)) {
      throw new InvalidInputError("Expected ids or folder, received both or none.");
    }
    const library: LibraryGuide & Search & Pick<AdministrationApi, "planForget" | "forget"> = await context.photon();
    const known = ids === undefined ? undefined : await knownPhotos(library, ids);
    const targets = known?.photos.map(({ photo }) => photo.contentHash) ?? [await knownFolder(library, folder ?? "")];
    const plan = await library.planForget(targets);
    const sample = plan.photos.slice(0, SAMPLE).map(({ id, paths }) => ({
      id,
      name: outsideName(paths[0]?.slice((paths[0]?.lastIndexOf("/") ?? -1) + 1) ?? ""),
    }));
    const errors = known?.errors ?? [];
    return confirmedOutcome<object>(context, {
      tool: "remove_from_index",
      action: "forget",
      members: plan.photos.map(({ contentHash }) => contentHash),
      token,
      message: `Remove ${plan.photos.length} photos from photon's library? The files stay.`,
      preview: { would_remove: plan.photos.length, sample, errors },
      carryOut: async () => {
        await library.forget(plan);
        return { removed: plan.photos.length, errors };
      },
    });
  },
});
