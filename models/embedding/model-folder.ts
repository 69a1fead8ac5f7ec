/** How a model lies on disk: `<model_dir>/<id>/<revision>[-<variant>]/` and the files photon itself keeps in there. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { systemCode } from "../../src/errors.ts";
import type { ModelManifest, ModelVariant } from "./manifest.ts";

export const MANIFEST_FILE = "manifest.json";
/** Sizes, times and hashes of the last check. */
export const VERIFIED_FILE = "verified.json";
/** There while a download is not finished; whatever else lies in the folder does not count then. */
export const DOWNLOAD_FILE = "download.json";
/** Result of the last self-test. */
export const SELF_TEST_FILE = "self-test.json";

/** Precision whose folder is named by the revision alone. */
const PLAIN_VARIANT: ModelVariant = "int8";

type FolderFacts = Pick<ModelManifest, "revision" | "variant">;

/** Name of the folder below `<model_dir>/<id>/` that a download fills. */
export const folderNameOf = ({ revision, variant }: FolderFacts): string =>
  variant === PLAIN_VARIANT ? revision : `${revision}-${variant}`;

/** Models put there by hand may use the revision alone, whatever their precision. */
export const isFolderOf = (name: string, facts: FolderFacts): boolean =>
  name === facts.revision || name === `${facts.revision}-${facts.variant}`;

const downloadSchema = z.object({ variant: z.string(), bytes: z.number() });
/** What an unfinished download will become. */
export type DownloadMarker = Readonly<z.output<typeof downloadSchema>>;

const selfTestSchema = z.object({
  vectorKey: z.string(),
  passed: z.boolean(),
  /** Full sentences. */
  problems: z.array(z.string()),
  /** Milliseconds since the epoch. */
  time: z.number(),
});
export type SelfTestResult = Readonly<z.output<typeof selfTestSchema>>;

/** Undefined when the file is not there or is not JSON of this shape. */
const readRecord = async <Schema extends z.ZodType>(
  schema: Schema,
  path: string,
): Promise<z.output<Schema> | undefined> => {
  try {
    return schema.safeParse(JSON.parse(await readFile(path, "utf8"))).data;
  } catch (error) {
    if (error instanceof SyntaxError || systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
};

export const readDownloadMarker = (directory: string): Promise<DownloadMarker | undefined> =>
  readRecord(downloadSchema, join(directory, DOWNLOAD_FILE));

export const readSelfTest = (directory: string): Promise<SelfTestResult | undefined> =>
  readRecord(selfTestSchema, join(directory, SELF_TEST_FILE));
