/** `photon scan`: what the agent does all the time, once and by hand. */
import { z } from "zod";
import type { ScanningApi } from "../../app/scanning.ts";
import type { AddedRoot } from "../../catalogue/root-repository.ts";
import { MILLISECOND, SECOND, systemClock } from "../../clock.ts";
import type { CoreWorkOptions } from "../../app/core-work.ts";
import type { RootsApi } from "../../library/roots.ts";
import { FREEZE_TEXTS } from "../../library/scan/root-check.ts";
import type { ScanEnd } from "../../library/scan/scan-root.ts";
import type { CommandContext } from "../command.ts";
import { argument, defineCommand, EXIT, flag, jsonFlag } from "../command.ts";
import { createDisplay, everyInterval } from "../progress-display.ts";
import { formatCount, formatJson, formatPlural } from "../terminal.ts";

/** Files that go on changing longer than this are left to the agent or the next scan. */
const SETTLE_LIMIT_MS = 30 * SECOND;
const POLL_MS = 200 * MILLISECOND;
/** A file that was not seen may turn up elsewhere a moment later. */
const DECIDE_AFTER_MS = 5 * SECOND;

interface Scanner extends RootsApi, ScanningApi {
  readonly workOnFiles: (options: CoreWorkOptions) => Promise<void>;
}

interface Scanned {
  readonly root: AddedRoot;
  readonly end: ScanEnd;
}

interface State {
  text: string;
}

const scanText = ({ root, end }: Scanned): string => {
  const path = root.path.toString("utf8");
  if (end.end === "frozen") return `${path}: left alone, ${FREEZE_TEXTS[end.reason]}. Its photos stay, marked offline.`;
  const parts = [
    ["new", end.found],
    ["changed", end.changed],
    ["moved", end.moved],
    ["back", end.returned],
    ["gone", end.missed],
    ["left out", end.excluded],
  ] as const;
  const told = parts.filter(([, count]) => count > 0).map(([word, count]) => `${formatCount(count)} ${word}`);
  const held =
    end.end === "held"
      ? ` Many are gone: nothing was changed. photon roots confirm "${path}" if you deleted them.`
      : "";
  return `${path}: ${formatPlural(end.files, "photo")}, ${told.join(", ") || "nothing new"}.${held}`;
};

/** Files that scans found: until they have come to rest, through the pipeline, into the index. */
const workOff = async (library: Scanner, state: State, signal: AbortSignal): Promise<void> => {
  const deadline = systemClock.now() + SETTLE_LIMIT_MS;
  for (;;) {
    await library.settleDueFiles(signal);
    const { settle, process } = await library.waitingFiles();
    state.text = `${formatPlural(settle + process, "file")} to process`;
    if (process > 0) await library.workOnFiles({ signal, finish: AbortSignal.abort(), isTelling: false });
    const nextAt = await library.nextSettleAt();
    if (nextAt === undefined || nextAt > deadline || signal.aborted) return;
    await systemClock.sleep(POLL_MS, signal).catch(() => undefined); // the next round ends it
  }
};

/** What was not seen counts as missing, once it had time to turn up elsewhere. */
const decide = async (library: Scanner, signal: AbortSignal): Promise<void> => {
  if ((await library.waitingFiles()).undecided === 0) return;
  await systemClock.sleep(DECIDE_AFTER_MS, signal);
  await library.decideMissing();
};

const work = async (
  library: Scanner,
  { roots, verify, state, signal }: { roots: readonly AddedRoot[]; verify: boolean; state: State; signal: AbortSignal },
): Promise<readonly Scanned[]> => {
  const scanned: Scanned[] = [];
  for (const root of roots) {
    let folders = 0;
    const onFolder = (): Promise<void> => {
      folders += 1;
      state.text = `looking at ${root.path.toString("utf8")}: ${formatPlural(folders, "folder")}`;
      return Promise.resolve();
    };
    if (verify) await library.verifyRoot(root.id);
    scanned.push({ root, end: await library.scanRoot(root.id, { onFolder, signal }) });
  }
  await workOff(library, state, signal);
  await decide(library, signal);
  return scanned;
};

const report = async (scanned: readonly Scanned[], json: boolean, { stdout }: CommandContext): Promise<void> => {
  if (json)
    await stdout.line(formatJson(scanned.map(({ root, end }) => ({ path: root.path.toString("utf8"), ...end }))));
  else for (const one of scanned) await stdout.line(scanText(one));
};

export const scanCommand = defineCommand({
  options: z.object({
    folder: argument(
      "[folder]",
      z.string().optional(),
      "A folder of the library, by path or number; all when left out.",
    ),
    verify: flag(
      "--verify",
      z.boolean().default(false),
      "Read every file again, to find changes that left size and times as they were. Slow.",
    ),
    quiet: flag("--quiet", z.boolean().default(false), "Show no progress."),
    json: jsonFlag,
  }),
  details:
    "Compares folders of the library with what is known of them and works on what is new or changed. Moved and renamed files keep everything. Nothing is deleted because a disk is away.",
  examples: [
    { command: "photon scan", does: "all folders, once" },
    { command: "photon scan ~/Pictures --verify", does: "find silent changes" },
  ],
  async run({ folder, verify, quiet, json }, context, signal) {
    const library: Scanner = await context.photon();
    for (const problem of await library.applyConfiguredRoots()) context.logger.warn(problem);
    const roots = folder === undefined ? await library.listRoots() : [await library.findRoot(folder)];
    if (roots.length === 0) {
      await context.stderr.line("No folder was added yet. photon roots add <folder> adds one.");
      return EXIT.done;
    }
    const state: State = { text: "looking" };
    const look = () => ({ share: undefined, text: state.text });
    const { stderr, redirectLog } = context;
    let scanned: readonly Scanned[];
    {
      await using _display = await createDisplay({ stderr, redirectLog, isShown: !quiet, every: everyInterval }, look);
      scanned = await work(library, { roots, verify, state, signal });
    }
    await report(scanned, json, context);
    return scanned.every(({ end }) => end.end === "frozen") ? EXIT.failed : EXIT.done;
  },
});
