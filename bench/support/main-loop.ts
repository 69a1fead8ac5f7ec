/** Watches how long the main loop is held, by photon and by the rest of the machine. */

const TICK_MS = 2;

export interface MainLoopPauses {
  /** Longest time between two ticks. */
  readonly longestPauseMs: number;
  /** Most processor time of the main thread itself between two ticks. */
  readonly mostWorkMs: number;
}

/** Call the result to stop. */
export const watchMainLoop = (): (() => MainLoopPauses) => {
  let [at, cpu] = [performance.now(), process.threadCpuUsage()];
  let [longestPauseMs, mostWorkMs] = [0, 0];
  const timer = setInterval(() => {
    const [now, used] = [performance.now(), process.threadCpuUsage()];
    longestPauseMs = Math.max(longestPauseMs, now - at);
    mostWorkMs = Math.max(mostWorkMs, (used.user - cpu.user + used.system - cpu.system) / 1000);
    [at, cpu] = [now, used];
  }, TICK_MS);
  return () => {
    clearInterval(timer);
    return { longestPauseMs, mostWorkMs };
  };
};
