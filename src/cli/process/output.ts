/** Where records go. The forms differ in what they keep safe; see stream-output.ts, lines-file.ts and array-file.ts. */
import type { EnrichmentPatch, ErrorRecord, OutputRecord, ProcessedImage } from "../../photo/record.ts";

export type AnyRecord = ProcessedImage | EnrichmentPatch | ErrorRecord | OutputRecord;

export interface RecordOutput extends AsyncDisposable {
  /** Resolves when the system has taken the record. */
  readonly write: (record: AnyRecord) => Promise<void>;
  /**
   * Makes what was written a valid document.
   * @param end interrupted: the user stopped the run, earlier output is kept beside the new one where there is any
   */
  readonly finish: (end: "complete" | "interrupted") => Promise<void>;
}

export const INDENT = 2;
/** An element of an indented array: everything one step further to the right. */
export const indentElement = (value: unknown): string =>
  JSON.stringify(value, undefined, INDENT).replaceAll("\n", `\n${" ".repeat(INDENT)}`);
