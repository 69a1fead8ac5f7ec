/** Gives way to other programs. */
import { readdirSync } from "node:fs";
import { constants, setPriority } from "node:os";
import type { Logger } from "../../logger.ts";

const THREADS = "/proc/self/task";

/** Linux has a priority for each thread: those that are running already do not follow the process. */
const threadIds = (): readonly number[] => {
  try {
    return readdirSync(THREADS).map(Number);
  } catch {
    return [0]; // no such folder elsewhere: there the process has one priority, and 0 means this one
  }
};

/** The same for a process that has just been started: loading its code gives way too. */
export const lowerPriorityOf = (pid: number): void => {
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // it has ended already, or lowers its priority itself a little later
  }
};

const setAll = (priority: number, logger: Logger): void => {
  for (const id of threadIds()) {
    try {
      setPriority(id, priority);
    } catch (error) {
      logger.debug("A thread keeps its priority.", { error: error instanceof Error ? error.message : String(error) });
    }
  }
};

/** To everything else on the machine. */
export const lowerPriority = (logger: Logger): void => setAll(constants.priority.PRIORITY_LOW, logger);

/** To what people work with; before what nobody waits for. */
export const giveWay = (logger: Logger): void => setAll(constants.priority.PRIORITY_BELOW_NORMAL, logger);
