/** `photon roots list|add|remove|confirm`. */
import { z } from "zod";
import type { AddedRoot } from "../../catalogue/root-repository.ts";
import { PROVIDER_IDS } from "../../config.ts";
import type { AddRootOptions, RootsApi } from "../../library/roots.ts";
import type { FreezeReason } from "../../library/scan/root-check.ts";
import { FREEZE_TEXTS } from "../../library/scan/root-check.ts";
import { argument, defineCommand, EXIT, flag, jsonFlag } from "../command.ts";
import { formatJson, formatPlural, formatTable } from "../terminal.ts";

const pathText = ({ path }: AddedRoot): string => path.toString("utf8");

const stateText = (root: AddedRoot): string => {
  if (root.state === "frozen") return `offline: ${FREEZE_TEXTS[root.stateReason as FreezeReason]}`; // written from one
  if (root.state === "held" || root.lossSeenAt !== undefined) return "many photos are gone: photon roots confirm";
  if (!root.watch) return "not watched";
  return root.scannedAt === undefined ? "not scanned yet" : "in order";
};

const optionsText = ({ mode, options }: AddedRoot): string =>
  [
    ...(mode === "auto" ? [] : [mode]),
    ...(options.localOnly === true ? ["stays on this machine"] : []),
    ...(options.hidden === true ? ["hidden files too"] : []),
    ...(options.exclude ?? []).map((pattern) => `without ${pattern}`),
    ...(options.kinds === undefined ? [] : [`describes: ${options.kinds.join(", ")}`]),
    ...(options.provider === undefined ? [] : [`by ${options.provider}`]),
  ].join("; ");

const rootJson = ({ id, path, kind: _kind, reported, ...rest }: AddedRoot) => ({
  id,
  path: path.toString("utf8"),
  ...rest,
  fingerprint: undefined,
  watching: reported,
});

export const rootsListCommand = defineCommand({
  options: z.object({ json: jsonFlag }),
  examples: [{ command: "photon roots list", does: "folders of the library and how they are" }],
  async run({ json }, { photon, stdout, stderr }) {
    const library: RootsApi = await photon();
    const roots = await library.listRoots();
    if (json) await stdout.line(formatJson(roots.map(rootJson)));
    else if (roots.length === 0)
      await stderr.line(
        "No folder was added yet. photon roots add <folder> adds one; photon watch <folder> watches it.",
      );
    else {
      const rows = roots.map((root) => [String(root.id), pathText(root), stateText(root), optionsText(root)]);
      await stdout.write(formatTable(rows));
    }
    return EXIT.done;
  },
});

const addOptions = z.object({
  folders: argument("<folder...>", z.array(z.string()).min(1), "Folders with photos; none may lie in another."),
  watch: flag("--[no-]watch", z.boolean().default(true), "Leave changes to the agent, or to photon scan alone."),
  mode: flag("--mode <how>", z.enum(["auto", "events", "timed"]).default("auto"), "How the agent finds changes."),
  exclude: flag("--exclude <pattern>", z.array(z.string()).default([]), "Leave out (gitignore syntax). Repeatable."),
  hidden: flag("--hidden", z.boolean().default(false), "Take files and folders whose name starts with a dot."),
  localOnly: flag("--local-only", z.boolean().default(false), "Its photos never leave this machine."),
  kinds: flag("--kinds <kinds>", z.array(z.string()).default([]), "Enrichments made by themselves, by commas."),
  provider: flag(
    "--provider <name>",
    z.enum(PROVIDER_IDS).optional(),
    "Language models of this provider describe its photos.",
  ),
  sentinel: flag(
    "--sentinel",
    z.boolean().default(false),
    "Write the file .photon-root into it, so that another disk in its place is known at once.",
  ),
  json: jsonFlag,
});

const wantedOptions = (options: z.output<typeof addOptions>): AddRootOptions => ({
  watch: options.watch,
  mode: options.mode,
  sentinel: options.sentinel,
  ...(options.exclude.length === 0 ? {} : { exclude: options.exclude }),
  ...(options.hidden ? { hidden: true } : {}),
  ...(options.localOnly ? { localOnly: true } : {}),
  ...(options.kinds.length === 0 ? {} : { kinds: options.kinds }),
  ...(options.provider === undefined ? {} : { provider: options.provider }),
});

export const rootsAddCommand = defineCommand({
  options: addOptions,
  details:
    "Adds folders to the library. Nothing is processed yet: photon watch and the agent do that by themselves, photon scan once. Photos that were processed there before keep everything.",
  examples: [
    { command: "photon roots add ~/Pictures ~/Phone", does: "two folders, watched by the agent" },
    { command: "photon roots add ~/Medical --local-only", does: "never shown to a provider elsewhere" },
    { command: 'photon roots add /media/disk --sentinel --exclude "*.bmp"', does: "a disk that is plugged in and out" },
  ],
  async run(options, { photon, stdout }) {
    const library: RootsApi = await photon();
    const added = [];
    for (const folder of options.folders) added.push(await library.addRoot(folder, wantedOptions(options)));
    if (options.json) {
      await stdout.line(formatJson(added.map(({ root, isNew }) => ({ ...rootJson(root), new: isNew }))));
      return EXIT.done;
    }
    for (const { root, isNew } of added)
      await stdout.line(isNew ? `Added ${pathText(root)}.` : `${pathText(root)} is in the library already.`);
    return EXIT.done;
  },
});

export const rootsRemoveCommand = defineCommand({
  options: z.object({
    root: argument("<folder>", z.string(), "Its path or number."),
    keep: flag("--keep", z.boolean().default(false), "Its photos stay in the library, and nothing looks for changes."),
    yes: flag("--yes", z.boolean().default(false), "Do it; without it only what would happen is shown."),
    json: jsonFlag,
  }),
  details:
    "Without --keep its photos are not shown any more; what you, models and providers said about them comes back when the same photos are processed again. The files themselves are never touched.",
  examples: [
    { command: "photon roots remove ~/Phone", does: "show what would happen" },
    { command: "photon roots remove ~/Phone --keep --yes", does: "stop watching it, keep its photos" },
  ],
  async run({ root: wanted, keep, yes, json }, { photon, stdout, stderr }) {
    const library: RootsApi = await photon();
    const { root, files } = await library.planRemoveRoot(wanted);
    if (yes) await library.removeRoot(root.id, { keep });
    if (json) await stdout.line(formatJson({ id: root.id, path: pathText(root), files, keep, removed: yes }));
    else {
      const what = keep ? "stay in the library" : "are not shown any more";
      await stdout.line(`${pathText(root)}: ${formatPlural(files, "file")} ${what}.`);
    }
    await stderr.line(yes ? "Removed. The files are untouched." : "Nothing was removed. Add --yes to do it.");
    return EXIT.done;
  },
});

export const rootsConfirmCommand = defineCommand({
  options: z.object({ root: argument("<folder>", z.string(), "Its path or number."), json: jsonFlag }),
  details:
    "When a folder suddenly misses many photos, photon changes nothing: a disk may be unplugged, a sync program at work. This says that the files are really gone; they become missing with the next scan.",
  examples: [{ command: "photon roots confirm ~/Pictures", does: "I deleted them myself" }],
  async run({ root: wanted, json }, { photon, stdout }) {
    const library: RootsApi = await photon();
    const root = await library.confirmRoot(wanted);
    await stdout.line(
      json
        ? formatJson(rootJson(root))
        : `Confirmed. The next scan of ${pathText(root)} counts what is gone as missing.`,
    );
    return EXIT.done;
  },
});
