/** Which folders can be reached now; a disk may be unplugged, a mount may hang. */
import { access } from "node:fs/promises";
import type { Clock } from "../clock.ts";
import { SECOND } from "../clock.ts";

/** A mount that hangs answers after minutes or never. */
const REACH_TIMEOUT_MS = SECOND;

const isReachable = async (folder: string, clock: Clock): Promise<boolean> => {
  const answered = new AbortController();
  const answer = access(folder).then(
    () => true,
    () => false, // whatever the reason: it cannot be read now
  );
  const late = clock.sleep(REACH_TIMEOUT_MS, answered.signal).then(
    () => false,
    () => false, // the answer came first
  );
  try {
    return await Promise.race([answer, late]);
  } finally {
    answered.abort();
  }
};

export const reachableAmong = async (roots: ReadonlySet<string>, clock: Clock): Promise<ReadonlySet<string>> => {
  const answers = await Promise.all([...roots].map(async (root) => ((await isReachable(root, clock)) ? [root] : [])));
  return new Set(answers.flat());
};
