/** Writing to people and pipes: backpressure, colours, tables. */
import { styleText } from "node:util";
import type { Environment } from "../config.ts";

export type Style = Parameters<typeof styleText>[0];

/** One of the two output streams. */
export interface Output {
  /** Resolves when the stream takes more; rejects with an abort when the reader has gone. */
  readonly write: (text: string) => Promise<void>;
  /** `write` with a newline. */
  readonly line: (text?: string) => Promise<void>;
  readonly isTerminal: boolean;
  /** Width in characters; 80 when it is not a terminal. */
  readonly columns: number;
  /** Text in a style (`"bold"`, `["red", "bold"]`) on a terminal that wants colours, else the text unchanged. */
  readonly style: (style: Style, text: string) => string;
  /** For libraries that write themselves (progress bars). */
  readonly stream: NodeJS.WriteStream;
}

const DEFAULT_COLUMNS = 80;

/** https://no-color.org and https://force-color.org: set and not empty. */
const wantsColours = (stream: NodeJS.WriteStream, environment: Environment): boolean => {
  const isSet = (name: string): boolean => (environment[name] ?? "") !== "";
  if (isSet("NO_COLOR") || environment["TERM"] === "dumb") return false;
  return stream.isTTY || (isSet("FORCE_COLOR") && environment["FORCE_COLOR"] !== "0");
};

/** The reader of our output has gone; `| head -1` does that. Counts as an abort, so that it passes untouched. */
export class ClosedPipe extends Error {
  override readonly name = "AbortError";
}

const writeTo = (stream: NodeJS.WriteStream, text: string): Promise<void> => {
  if (stream.writable === false) return Promise.reject(new ClosedPipe("The reader of the output has gone."));
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => {
      if (error === null || error === undefined) resolve();
      else reject("code" in error && error.code === "EPIPE" ? new ClosedPipe(error.message) : error);
    });
  });
};

export const createOutput = (stream: NodeJS.WriteStream, environment: Environment): Output => {
  const colours = wantsColours(stream, environment);
  return {
    write: (text) => writeTo(stream, text),
    line: (text = "") => writeTo(stream, `${text}\n`),
    isTerminal: stream.isTTY,
    get columns() {
      return stream.columns > 0 ? stream.columns : DEFAULT_COLUMNS;
    },
    style: (style, text) => (colours ? styleText(style, text, { validateStream: false }) : text),
    stream,
  };
};

// oxlint-disable-next-line no-control-regex -- the escape character is what a style starts with
const STYLES = /\u001B\[[0-9;]*m/g;
const visibleLength = (text: string): number => text.replaceAll(STYLES, "").length;

/** Rows as aligned columns, two blanks between them; the last column is not padded. */
export const formatTable = (rows: readonly (readonly string[])[]): string => {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, visibleLength(cell));
  }
  const pad = (cell: string, width: number): string => cell + " ".repeat(Math.max(0, width - visibleLength(cell)));
  return rows
    .map((row) => row.map((cell, column) => (column === row.length - 1 ? cell : pad(cell, widths[column] ?? 0))))
    .map((cells) => `${cells.join("  ").trimEnd()}\n`)
    .join("");
};

const UNITS = ["B", "KB", "MB", "GB", "TB"] as const;

/** `1.5 MB`; 1 KB = 1,000 bytes, as disks are sold and `df -H` counts. */
export const formatBytes = (bytes: number): string => {
  const power = bytes < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[power] ?? "B"}`;
};

/** `1,234` */
export const formatCount = (count: number): string => count.toLocaleString("en-GB");

const snakeCase = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** JSON as commands print it: two blanks of indent, names in snake_case as in records; unset fields are left out. */
export const formatJson = (value: unknown): string =>
  JSON.stringify(
    value,
    (_name, field: unknown) =>
      typeof field === "object" && field !== null && !Array.isArray(field)
        ? Object.fromEntries(Object.entries(field).map(([name, inner]) => [snakeCase(name), inner as unknown]))
        : field,
    2,
  );

/** `1 photo`, `2 photos` */
export const formatPlural = (count: number, noun: string): string =>
  `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
