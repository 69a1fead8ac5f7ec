/** How busy other programs keep the machine. photon's workers have a lower priority, and such time is counted apart. */
import { cpus } from "node:os";

/** Milliseconds since the system started, over all processors. */
export interface ProcessorTimes {
  /** Of programs of usual priority, and of the system. */
  readonly busy: number;
  readonly all: number;
}

export const processorTimes = (): ProcessorTimes => {
  const times = cpus().map((cpu) => cpu.times);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  return {
    busy: sum(times.map(({ user, sys, irq }) => user + sys + irq)),
    all: sum(times.map(({ user, nice, sys, idle, irq }) => user + nice + sys + idle + irq)),
  };
};

/** Share of the time between two looks, 0 to 1. */
export const loadBetween = (before: ProcessorTimes, after: ProcessorTimes): number =>
  after.all <= before.all ? 0 : (after.busy - before.busy) / (after.all - before.all);
