/** The section `[watch]`: how folders are watched, and what in them counts. */
import { z } from "zod";
import { unset } from "./fields.ts";

const MINUTES_PER_DAY = 1440;
const SECONDS_PER_HOUR = 3600;

/** What a root may say too. */
export const watchMode = z.enum(["auto", "events", "timed"]);
export const patterns = z.array(z.string().min(1));

const minutes = z.number().positive().max(MINUTES_PER_DAY);
const seconds = z.number().min(0).max(SECONDS_PER_HOUR);

export const watch = z.object({
  mode: watchMode
    .default("auto")
    .describe(
      "How changes are found: events of the system, timed scans, or auto: events except on network file systems.",
    ),
  debounce_ms: z
    .int()
    .min(0)
    .max(60_000)
    .default(500)
    .describe("Rest that a folder must have after a change before it is looked at, in milliseconds."),
  rescan_minutes: z.object({
    events: minutes
      .default(60)
      .describe("Minutes between two scans of a whole folder whose changes are told by events."),
    timed: minutes.default(15).describe("The same for a folder that is only scanned; a third of it after a change."),
  }),
  stable_seconds: z.object({
    local: seconds
      .default(2)
      .describe("Time a file on a local disk must keep size and times to count as whole, in seconds."),
    network: seconds.default(10).describe("The same on a network file system."),
  }),
  tombstone_days: z
    .number()
    .min(0)
    .max(36_500)
    .default(30)
    .describe("Days after which a missing photo may be removed by command; until then everything about it is kept."),
  loss_guard_percent: z
    .number()
    .min(0)
    .max(100)
    .default(20)
    .describe(
      "A scan that misses more of a folder's photos than this, and more than 50, changes nothing before you confirm it.",
    ),
  exclude: patterns
    .default([])
    .describe("Patterns (gitignore syntax) of files and folders that are never photos, in every folder."),
  hidden: z.boolean().default(false).describe("Look into files and folders whose name starts with a dot."),
  follow_symlinks: z
    .boolean()
    .default(false)
    .describe("Follow links whose target lies in a folder that is watched too; never out of them."),
  pause_when: z.object({
    battery: z.boolean().default(false).describe("Work on photos only while the machine is not on its battery."),
    load: unset(
      z.number().positive().max(100),
      "Work on photos only while other programs load the machine less than this, per CPU core.",
      { example: 0.8, defaultText: "unset" },
    ),
    quiet_hours: unset(
      z.string().regex(/^([01]?\d|2[0-3]):[0-5]\d-([01]?\d|2[0-3]):[0-5]\d$/),
      "Local time in which no photo is worked on, such as 22:00-07:00; folders are scanned all the same.",
      { example: "22:00-07:00", defaultText: "unset" },
    ),
  }),
});
