/** What workers write to stderr: one JSON object a line, which becomes a line of the agent's log and a piece of news. */
import type { LogFields, Logger, LogLevel } from "../src/logger.ts";

export interface PhotoNews {
  readonly event: "photo:processed" | "photo:known" | "photo:failed";
  readonly path: string;
  /** Of `photo:failed`. */
  readonly code: string;
  readonly message: string;
}

export interface WorkerLogDeps {
  readonly logger: Logger;
  readonly worker: string;
  readonly onPhoto: (news: PhotoNews) => void;
}

const LEVELS: ReadonlySet<string> = new Set(["error", "warn", "info", "debug", "trace"] satisfies LogLevel[]);
const PHOTO_EVENTS: ReadonlySet<string> = new Set(["photo:processed", "photo:known", "photo:failed"]);

const isLevel = (level: unknown): level is LogLevel => typeof level === "string" && LEVELS.has(level);

const isPhotoEvent = (event: unknown): event is PhotoNews["event"] =>
  typeof event === "string" && PHOTO_EVENTS.has(event);

const parse = (line: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined; // any object
  } catch {
    return undefined; // a native library, or Node itself
  }
};

const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** @returns takes one line of a worker's stderr */
export const createWorkerLog =
  ({ logger, worker, onPhoto }: WorkerLogDeps) =>
  (line: string): void => {
    const entry = parse(line);
    if (entry === undefined || !isLevel(entry["level"])) {
      if (line.trim() !== "") logger.warn(line, { worker });
      return;
    }
    const { time: _time, level, message, ...fields } = entry;
    logger[level as LogLevel](text(message), { ...(fields as LogFields), worker }); // checked above
    const { event, path, code } = fields;
    if (isPhotoEvent(event)) onPhoto({ event, path: text(path), code: text(code), message: text(fields["reason"]) });
  };
