/** Whether work is to be done now: what people said, and what the rules of the configuration say about the machine. */
import type { AgentPause, AgentRepository } from "../src/catalogue/agent-repository.ts";
import type { Clock } from "../src/clock.ts";
import { SECOND } from "../src/clock.ts";
import type { Config } from "../src/config.ts";
import type { ProcessorTimes } from "./machine-load.ts";
import { loadBetween, processorTimes } from "./machine-load.ts";
import type { PauseWhen } from "./pause-rules.ts";
import { pauseReason } from "./pause-rules.ts";
import { powerSource } from "./power.ts";

/** The machine is looked at this often; a pause by rules begins and ends with it. */
const LOOK_MS = 15 * SECOND;
const MINUTES_PER_HOUR = 60;

export interface PausesDeps {
  readonly agent: Pick<AgentRepository, "paused">;
  readonly config: Config;
  readonly clock: Clock;
}

export const pauseRules = ({ watch }: Pick<Config, "watch">): PauseWhen => {
  const { battery, load, quiet_hours: quietHours } = watch.pause_when;
  return { battery, load, quietHours };
};

const hasRules = ({ battery, load, quietHours }: PauseWhen): boolean =>
  battery || load !== undefined || quietHours !== undefined;

const pausedText = ({ until }: AgentPause): string =>
  until === undefined ? "until it is resumed" : `until ${new Date(until).toLocaleString("en-GB")}`;

/** @returns asks: why nothing is to be done now, part of a sentence */
export const createPauses = ({ agent, config, clock }: PausesDeps): (() => Promise<string | undefined>) => {
  const rules = pauseRules(config);
  let times: ProcessorTimes = processorTimes();
  let lookedAt = -Infinity;
  let byRules: string | undefined;
  const look = async (): Promise<void> => {
    const [before, now] = [times, new Date(clock.now())];
    times = processorTimes();
    byRules = pauseReason(rules, {
      power: rules.battery ? await powerSource() : "unknown",
      load: loadBetween(before, times),
      minuteOfDay: now.getHours() * MINUTES_PER_HOUR + now.getMinutes(),
    });
  };
  return async () => {
    const pause = await agent.paused();
    if (pause !== undefined) return pausedText(pause);
    if (!hasRules(rules)) return undefined;
    if (clock.now() - lookedAt >= LOOK_MS) {
      lookedAt = clock.now();
      await look();
    }
    return byRules;
  };
};
