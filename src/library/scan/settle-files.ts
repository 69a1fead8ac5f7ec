/**
 * The stable gate: a file that is new or changed is worked on when it has kept size and times for a while and its own
 * structure says that it is whole. Copies in progress, downloads and files that only have their final size wait.
 */
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { FileToSettle, SettleResult } from "../../catalogue/todo-repository.ts";
import { seenOf } from "../../catalogue/scan-repository.ts";
import type { Clock } from "../../clock.ts";
import { DAY, SECOND } from "../../clock.ts";
import type { Config } from "../../config.ts";
import { concurrently } from "./concurrently.ts";
import { statOfFile } from "./file-stat.ts";
import type { Links } from "./links.ts";
import { linksOf } from "./links.ts";
import { checkWhole } from "./whole-file.ts";

const LOT = 256;
const FIRST_WAIT_MS = 2 * SECOND;
const LONGEST_WAIT_MS = 300 * SECOND;
const GIVE_UP_MS = DAY;

export interface SettleDeps {
  readonly config: Pick<Config, "watch">;
  readonly catalogue: Pick<Catalogue, "todo" | "roots">;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** 2, 4, 8 ... 300 s. @param tries how often it was looked at before */
const settleWaitMs = (tries: number): number => Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(tries, 10));

const wait = (
  { clock }: SettleDeps,
  { id, tries, since }: FileToSettle,
  why: { seen: string; reason: string },
): SettleResult => {
  const now = clock.now();
  if (now - since >= GIVE_UP_MS) return { id, result: "given-up", message: why.reason };
  return { id, result: "wait", seen: why.seen, until: now + settleWaitMs(tries) };
};

const STILL_CHANGING = "The file goes on changing.";

const settleOne = async (deps: SettleDeps, file: FileToSettle, links: Links | undefined): Promise<SettleResult> => {
  const { id, path, seen } = file;
  try {
    const stat = await statOfFile(path, links);
    if (stat === undefined) return { id, result: "gone" };
    const now = seenOf(stat);
    if (now !== seen) return wait(deps, file, { seen: now, reason: STILL_CHANGING });
    const whole = await checkWhole(path, deps.signal);
    switch (whole.status) {
      case "whole":
        return { id, result: "whole" };
      case "gone":
        return { id, result: "gone" };
      case "unfinished":
        return wait(deps, file, { seen, reason: whole.reason });
      case "unreadable":
        return { id, result: "whole" }; // the pipeline finds the same and says so
      default:
        return whole satisfies never;
    }
  } catch (error) {
    deps.signal.throwIfAborted();
    return wait(deps, file, { seen, reason: `The file cannot be looked at: ${String(error)}.` });
  }
};

/** One round of files whose time has come. @returns how many may be worked on now */
export const settleDueFiles = async (deps: SettleDeps): Promise<number> => {
  const { todo, roots } = deps.catalogue;
  let whole = 0;
  for (;;) {
    const files = await todo.toSettle(LOT);
    if (files.length === 0 || deps.signal.aborted) return whole;
    const links = linksOf(
      deps.config,
      (await roots.added()).map(({ path }) => path),
    );
    const results = await concurrently(files, (file) => settleOne(deps, file, links));
    await todo.settled(results);
    whole += results.filter(({ result }) => result === "whole").length;
  }
};
