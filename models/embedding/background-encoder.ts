/** An encoder for work that nobody waits for: its processes leave the processor to everything else. */
import { constants, setPriority } from "node:os";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { HostedEncoder } from "./hosted-encoder.ts";

const hasEnded = (error: unknown): boolean =>
  typeof error === "object" &&
  error !== null &&
  "errno" in error &&
  Math.abs(Number(error.errno)) === constants.errno.ESRCH;

const lower = (pid: number): void => {
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch (error) {
    if (!hasEnded(error)) throw error;
  }
};

export interface BackgroundEncoder extends HostedEncoder {
  /** From now on its processes have the lowest priority; there is no way back. */
  readonly stepBack: () => void;
}

/** The same encoder, which can step back when nobody waits for it any more. Give it hosts of its own. */
export const inBackground = (encoder: HostedEncoder): BackgroundEncoder => {
  let steppedBack = false;
  const lowerHosts = async (): Promise<void> => {
    await nextTurn(); // calls are grouped for a turn before a host is started
    await nextTurn();
    if (steppedBack) encoder.hostPids().forEach(lower);
  };
  return {
    ...encoder,
    stepBack: () => {
      steppedBack = true;
      encoder.hostPids().forEach(lower);
    },
    embedTexts: async (texts, options) => {
      const [vectors] = await Promise.all([encoder.embedTexts(texts, options), lowerHosts()]);
      return vectors;
    },
  };
};
