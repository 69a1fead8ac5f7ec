/** Records on stdout, a pipe or a device: each is written the moment it is done. */
import { INDENT, indentElement, type AnyRecord, type RecordOutput } from "./output.ts";

/** Takes text; resolves when there is room for more, rejects when the reader has gone. */
export type Sink = (text: string) => Promise<void>;

const nothingToClose = async (): Promise<void> => undefined;

/** One line per record, one write per line. */
export const createLineStream = (sink: Sink): RecordOutput => ({
  write: async (record) => await sink(`${JSON.stringify(record)}\n`),
  finish: async () => undefined,
  [Symbol.asyncDispose]: nothingToClose,
});

/** One indented array, element by element. */
export const createArrayStream = (sink: Sink): RecordOutput => {
  let count = 0;
  return {
    write: async (record) => {
      count += 1;
      await sink(`${count === 1 ? "[" : ","}\n  ${indentElement(record)}`);
    },
    finish: async () => await sink(count === 0 ? "[]\n" : "\n]\n"),
    [Symbol.asyncDispose]: nothingToClose,
  };
};

/** What became of one file: an object, or an array when there is more to say about it. */
export const createObjectStream = (sink: Sink): RecordOutput => {
  const records: AnyRecord[] = [];
  return {
    write: async (record) => void records.push(record),
    finish: async () => {
      const [first] = records;
      if (first === undefined) return;
      await sink(`${JSON.stringify(records.length === 1 ? first : records, undefined, INDENT)}\n`);
    },
    [Symbol.asyncDispose]: nothingToClose,
  };
};
