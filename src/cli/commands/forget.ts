/** `photon forget`. */
import { z } from "zod";
import { InvalidInputError } from "../../errors.ts";
import type { AdministrationApi, ForgetPlan } from "../../library/administration.ts";
import type { CommandContext } from "../command.ts";
import { argument, defineCommand, EXIT, flag, jsonFlag } from "../command.ts";
import { formatCount, formatJson, formatPlural } from "../terminal.ts";

const SHOWN_PHOTOS = 10;

const planText = ({ photos, files, vectors, tags }: ForgetPlan): string => {
  const shown = photos.slice(0, SHOWN_PHOTOS).map(({ id, paths }) => `${id}  ${paths.join("  ")}\n`);
  const rest = photos.length > SHOWN_PHOTOS ? `and ${formatCount(photos.length - SHOWN_PHOTOS)} more\n` : "";
  const parts = [formatPlural(files, "file place"), formatPlural(vectors, "vector"), formatPlural(tags, "tag")];
  return `${shown.join("")}${rest}${formatPlural(photos.length, "photo")} with ${parts.join(", ")}.\n`;
};

const undo = async (library: AdministrationApi, targets: readonly string[], context: CommandContext): Promise<void> => {
  const lifted = await library.undoForget(targets);
  await context.stderr.line(`${formatPlural(lifted, "photo")} may come back: run \`photon process\` on the folder.`);
};

const planOf = (
  library: AdministrationApi,
  { targets, missing }: { readonly targets: readonly string[]; readonly missing: boolean },
): Promise<ForgetPlan> => {
  if (missing === targets.length > 0) {
    throw new InvalidInputError(
      `Expected either ids or paths, or --missing, received ${missing ? "both" : "neither"}.`,
      {
        hint: "Run `photon forget --help` to see examples.",
      },
    );
  }
  return missing ? library.planForgetMissing() : library.planForget(targets);
};

export const forgetCommand = defineCommand({
  options: z.object({
    targets: argument("[id|path...]", z.array(z.string()).default([]), "Photo ids, files or folders."),
    missing: flag(
      "--missing",
      z.boolean().default(false),
      "Photos whose files are gone for longer than watch.tombstone_days.",
    ),
    yes: flag("--yes", z.boolean().default(false), "Remove; without it only what would go is shown."),
    undo: flag("--undo", z.boolean().default(false), "Let forgotten photos (by id) come back."),
    json: jsonFlag,
  }),
  details:
    "Removes photos from the library: vectors, tags, thumbnails. The files themselves are never touched. A forgotten photo stays away from later runs until it is processed by name or brought back with --undo.",
  examples: [
    { command: "photon forget ~/Pictures/Screenshots", does: "show what would be removed" },
    { command: "photon forget ~/Pictures/Screenshots --yes", does: "remove it" },
    { command: "photon forget 3f1c09ab77de --undo", does: "let one photo come back" },
    { command: "photon forget --missing", does: "show what was deleted from the disks long ago" },
  ],
  async run(options, context) {
    const { photon, stdout, stderr } = context;
    const library: AdministrationApi = await photon();
    if (options.undo) {
      await undo(library, options.targets, context);
      return EXIT.done;
    }
    const plan = await planOf(library, options);
    if (options.yes) await library.forget(plan);
    if (options.json) await stdout.line(formatJson({ ...plan, removed: options.yes }));
    else await stdout.write(planText(plan));
    await stderr.line(
      options.yes ? "Removed. The files are untouched." : "Nothing was removed. Add --yes to remove them.",
    );
    return EXIT.done;
  },
});
