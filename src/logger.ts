/** Structured log lines for stderr; stdout belongs to data. */
import type { Clock } from "./clock.ts";
import { systemClock } from "./clock.ts";

const LOG_LEVELS = ["error", "warn", "info", "debug", "trace"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFormat = "pretty" | "json";

export type LogFields = Readonly<Record<string, unknown>>;

export type Logger = Readonly<Record<LogLevel, (message: string, fields?: LogFields) => void>>;

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Receives one line without its newline; a progress bar may stand between this and stderr. */
  readonly write: (line: string) => void;
  readonly clock?: Clock;
}

const prettyFields = (fields: LogFields): string =>
  Object.entries(fields)
    .map(([name, value]) => ` ${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join("");

export const createLogger = ({ level, format, write, clock = systemClock }: LoggerOptions): Logger => {
  const threshold = LOG_LEVELS.indexOf(level);
  const logAt =
    (lineLevel: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      if (LOG_LEVELS.indexOf(lineLevel) > threshold) return;
      if (format === "json") {
        write(JSON.stringify({ time: new Date(clock.now()).toISOString(), level: lineLevel, message, ...fields }));
      } else {
        write(`${lineLevel === "info" ? "" : `${lineLevel}: `}${message}${prettyFields(fields)}`);
      }
    };
  return {
    error: logAt("error"),
    warn: logAt("warn"),
    info: logAt("info"),
    debug: logAt("debug"),
    trace: logAt("trace"),
  };
};

export const silentLogger: Logger = createLogger({ level: "error", format: "pretty", write: () => undefined });
