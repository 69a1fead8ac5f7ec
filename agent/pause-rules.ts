/** When the user wants no work to be done: on battery, under load, in quiet hours, or because they said so. */
import type { PowerSource } from "./power.ts";

export interface PauseWhen {
  /** No work on battery. */
  readonly battery: boolean;
  /** No work while other programs keep the machine busier than this, per core; undefined = never mind. */
  readonly load: number | undefined;
  /** `22:00-07:00`, local time; undefined = none. */
  readonly quietHours: string | undefined;
}

export interface PauseFacts {
  readonly power: PowerSource;
  /** Share of the processors' time that other programs take, 0 to 1. */
  readonly load: number;
  /** Minutes since midnight, local time. */
  readonly minuteOfDay: number;
}

const HOURS = /^(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})$/;
const MINUTES_PER_HOUR = 60;

const minutes = (hours: string | undefined, rest: string | undefined): number =>
  Number(hours) * MINUTES_PER_HOUR + Number(rest);

/** @param hours may go over midnight */
export const isQuiet = (hours: string, minuteOfDay: number): boolean => {
  const [, fromHour, fromMinute, toHour, toMinute] = HOURS.exec(hours) ?? [];
  const [from, to] = [minutes(fromHour, fromMinute), minutes(toHour, toMinute)];
  return from <= to ? minuteOfDay >= from && minuteOfDay < to : minuteOfDay >= from || minuteOfDay < to;
};

/** Why no work is done now, as the part of a sentence; undefined = nothing speaks against it. */
export const pauseReason = (rules: PauseWhen, facts: PauseFacts): string | undefined => {
  if (rules.battery && facts.power === "battery") return "the machine runs on its battery";
  if (rules.quietHours !== undefined && isQuiet(rules.quietHours, facts.minuteOfDay)) {
    return `these are quiet hours (${rules.quietHours})`;
  }
  if (rules.load !== undefined && facts.load > rules.load) return "the machine is busy";
  return undefined;
};
