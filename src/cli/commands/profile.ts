/** `photon profile`. */
import { z } from "zod";
import { argument, defineCommand, flag } from "../command.ts";
import { runOptions } from "../enrichment/options.ts";
import { runEnrichment } from "../enrichment/run-enrichment.ts";

export const profileCommand = defineCommand({
  options: z.object({
    photos: argument("[id...]", z.array(z.string().min(1)).default([]), "Photos by id or path; none = every photo."),
    album: flag("--album <album>", z.array(z.string().min(1)).default([]), "Albums as a whole, by name. Repeatable."),
    ...runOptions,
  }),
  details:
    "Writes a profile of each photo: tagline, story, mood, what it is good for. With --album the album as a whole gets one, told by up to twelve of its photos. Everything else is as with photon enrich.",
  examples: [
    { command: "photon profile 3f1c09ab77de", does: "the profile of one photo" },
    { command: "photon profile --album Norway", does: "the profile of an album" },
  ],
  run: ({ photos, album, ...flags }, context, signal) =>
    runEnrichment(
      { command: "profile", kind: "photo_story", scopes: { photos, folders: flags.folder, albums: album } },
      { flags, context, signal },
    ),
});
