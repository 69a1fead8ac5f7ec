/** One entry in the settings of another program: everything else in the file stays as it is. */
import { randomUUID } from "node:crypto";
import { copyFile, mkdir, readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { InvalidInputError, StorageError, systemCode } from "../../errors.ts";
import type { Assistant, ServerEntry } from "./assistants.ts";

const NAME = "photon";
const INDENT = 2;

type JsonObject = Readonly<Record<string, unknown>>;

export interface EntryPlan {
  /** The file itself, behind links; undefined = nothing is written. */
  readonly path: string | undefined;
  /** new: the file has to be made. added, replaced: the entry. same: there is nothing to do. */
  readonly change: "new" | "added" | "replaced" | "same";
  /** What the file will hold. */
  readonly text: string;
  /** The entry alone, as it is shown. */
  readonly shown: string;
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const readIfThere = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw new StorageError(`The settings in ${path} cannot be read (${systemCode(error) ?? String(error)}).`, {
      cause: error,
      hint: "Check that the file is yours.",
    });
  }
};

const notOurs = (path: string, what: string, shown: string): InvalidInputError =>
  new InvalidInputError(`Expected ${what} in ${path}, received something else; the file was not touched.`, {
    hint: `Add the entry by hand:\n${shown}`,
  });

/** Comments would be lost: a file with such is left alone. */
const parse = (path: string, text: string, shown: string): JsonObject => {
  if (text.trim() === "") return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(text.replace(/^\ufeff/, ""));
  } catch {
    throw notOurs(path, "JSON without comments", shown); // the parser's message would quote the file
  }
  if (!isObject(parsed)) throw notOurs(path, "a JSON object", shown);
  return parsed;
};

const indentOf = (text: string): string | number => /\n([ \t]+)"/.exec(text)?.[1] ?? INDENT;

/** @throws InvalidInputError when the file is not understood, with the entry to be added by hand */
export const planEntry = async ({ path, key }: Assistant, entry: ServerEntry): Promise<EntryPlan> => {
  const shown = JSON.stringify({ [key]: { [NAME]: entry } }, null, INDENT);
  if (path === undefined) return { path, change: "new", text: `${shown}\n`, shown };
  const target = await realpath(path).catch(() => path); // it is to be made
  const before = await readIfThere(target);
  if (before === undefined) return { path: target, change: "new", text: `${shown}\n`, shown };
  const settings = parse(target, before, shown);
  const entries = settings[key] ?? {};
  if (!isObject(entries)) throw notOurs(target, `an object under "${key}"`, shown);
  const known = entries[NAME];
  const change =
    known === undefined ? "added" : JSON.stringify(known) === JSON.stringify(entry) ? "same" : ("replaced" as const);
  const after = { ...settings, [key]: { ...entries, [NAME]: entry } };
  return { path: target, change, text: `${JSON.stringify(after, null, indentOf(before))}\n`, shown };
};

/** Replaces the file in one step, keeping what it was as `.bak`, and its permissions. */
const replaceFile = async (path: string, text: string): Promise<void> => {
  const draft = `${path}.${randomUUID()}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const mode = await stat(path).then(
      (before) => before.mode & 0o777,
      () => undefined, // it is new
    );
    await writeFile(draft, text, { flag: "wx", mode: mode ?? 0o600 });
    if (mode !== undefined) await copyFile(path, `${path}.bak`);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw new StorageError(`The settings in ${path} cannot be written (${systemCode(error) ?? String(error)}).`, {
      cause: error,
      hint: "Check that the folder is yours.",
    });
  }
};

export const writePlan = async ({ path, change, text }: EntryPlan): Promise<void> => {
  if (path !== undefined && change !== "same") await replaceFile(path, text);
};
