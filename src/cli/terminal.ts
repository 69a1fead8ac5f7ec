/** Writing to people and pipes: backpressure, colours, tables, questions. */
import { createInterface } from "node:readline/promises";
import { styleText } from "node:util";

export type Style = Parameters<typeof styleText>[0];

/** One of the two output streams. */
export interface Output {
  /** Resolves when the stream takes more; rejects when the reader has gone. */
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
