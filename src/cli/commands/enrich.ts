/** `photon enrich`. */
import { z } from "zod";
import { argument, defineCommand, flag } from "../command.ts";
import { isMailFile, readMails } from "../enrichment/mail-files.ts";
import { runOptions } from "../enrichment/options.ts";
import { runEnrichment } from "../enrichment/run-enrichment.ts";

/** What is made of what is named, when no kind is. */
const defaultKind = (mails: readonly string[]): string => (mails.length > 0 ? "event_extract" : "image_tag");

export const enrichCommand = defineCommand({
  options: z.object({
    targets: argument(
      "[id|file.eml...]",
      z.array(z.string().min(1)).default([]),
      "Photos by id or path, or mail files; none = every photo.",
    ),
    kind: flag(
      "--kind <kind>",
      z.string().min(1).optional(),
      "What to make: image_tag (default), caption_clean, photo_story, event_extract (default for mails), watch_match, or a kind of your own.",
    ),
    album: flag("--album <album>", z.array(z.string().min(1)).default([]), "Photos of this album. Repeatable."),
    ...runOptions,
  }),
  details:
    "Asks the language model of the settings about photos, in the background of this command. Only what is missing is asked for; results, failures and discards count as done. A run that would send many photos off this machine, or cost more than llm.confirm_above, asks first. Stopping the command stops the waiting, not the work that is queued.",
  examples: [
    { command: "photon enrich --folder Holidays --dry-run", does: "show what would be sent and what it would cost" },
    { command: "photon enrich --folder Holidays", does: "title, description and tags for these photos" },
    { command: "photon enrich 3f1c09ab77de --kind photo_story --now", does: "one story, at once" },
    { command: "photon enrich invitation.eml", does: "find calendar events in a mail" },
  ],
  async run({ targets, kind, album, ...flags }, context, signal) {
    const mails = targets.filter(isMailFile);
    const photos = targets.filter((target) => !isMailFile(target));
    const scopes = {
      photos,
      folders: flags.folder,
      albumPhotos: album,
      ...(mails.length === 0 ? {} : { texts: await readMails(mails, context.workingDirectory) }),
    };
    const request = { command: "enrich", kind: kind ?? defaultKind(mails), scopes };
    return runEnrichment(request, { flags, context, signal });
  },
});
