/**
 * LanceDB and Arrow, loaded at first need: together they cost about 70 ms and nothing on the way to `--help` needs
 * them. LanceDB's core reads the environment variable LANCEDB_LOG while it loads and warns on stderr unless it says
 * "error"; the launchers have to set it, since nothing here may touch the environment.
 */
import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type * as lancedb from "@lancedb/lancedb";
import type { Connection, Table } from "@lancedb/lancedb";
import type * as arrow from "apache-arrow";
import { isAbort, isDiskFull, PhotonError, StorageError, systemCode } from "../errors.ts";

export type LanceDb = typeof lancedb;
export type Arrow = typeof arrow;

export const loadLanceDb = (): Promise<LanceDb> => import("@lancedb/lancedb");
export const loadArrow = (): Promise<Arrow> => import("apache-arrow");

/** Bump when columns or what goes into them changes: the table gets another name and is filled anew from the catalogue. */
const SCHEMA_VERSION = 2;
/** Stands for "no model": a table whose photos are found by words and filters only. */
export const WORDS_KEY = "words";
const READABLE_NAME_LENGTH = 60;
const HASH_DIGITS = 10;

/** LanceDB allows letters, digits, `_`, `-` and `.`; the digest keeps keys apart that differ in other characters or in case. */
export const tableName = (vectorKey: string | undefined): string => {
  if (vectorKey === undefined) return `${WORDS_KEY}.v${SCHEMA_VERSION}`;
  const readable = vectorKey
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, "_")
    .slice(0, READABLE_NAME_LENGTH);
  const digest = createHash("sha256").update(vectorKey).digest("hex").slice(0, HASH_DIGITS);
  return `${readable}-${digest}.v${SCHEMA_VERSION}`;
};

export const tablePath = (directory: string, vectorKey: string | undefined): string =>
  join(directory, `${tableName(vectorKey)}.lance`);

const INDEX_CACHE_BYTES = 1024n * 1024n * 1024n;
const METADATA_CACHE_BYTES = 256n * 1024n * 1024n;

/** A connection with caches fit for a desktop (LanceDB's own defaults are 6 GB and 1 GB). */
export const connectTo = async (directory: string): Promise<Connection> => {
  const { connect, Session } = await loadLanceDb();
  return connect(directory, {}, new Session(INDEX_CACHE_BYTES, METADATA_CACHE_BYTES));
};

/** Tells a table's folder from another of the same name that replaced it; undefined when there is none. */
export const folderIdentity = async (path: string): Promise<string | undefined> => {
  try {
    const { dev, ino, birthtimeNs } = await stat(path, { bigint: true });
    return `${dev}:${ino}:${birthtimeNs}`;
  } catch (error) {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return undefined;
    throw error;
  }
};

/** The table, or undefined when it does not exist (a folder without a manifest is one being made or unmade). */
export const openTableIfPresent = async (connection: Connection, name: string): Promise<Table | undefined> => {
  try {
    return await connection.openTable(name);
  } catch (error) {
    if (error instanceof Error && /was not found/.test(error.message)) return undefined;
    throw error;
  }
};

const reasonOf = (error: unknown): string =>
  error instanceof Error ? (error.message.split("\n")[0] ?? error.message) : String(error);

/** Another writer was faster: the same action may succeed on its version. */
export const isCommitConflict = (error: unknown): boolean => /conflict/i.test(reasonOf(error));

/** Wraps what LanceDB threw; errors of our own and aborts pass. */
export const toStorageError = (action: "read" | "write", path: string, error: unknown): unknown => {
  if (error instanceof PhotonError || isAbort(error)) return error;
  if (isDiskFull(error)) {
    return new StorageError(`The disk is full: the vector index at ${path} could not be written.`, {
      cause: error,
      details: { path },
      hint: "Free some space on this disk and run the command again; marks in the catalogue keep what is still to index.",
    });
  }
  const reason = reasonOf(error);
  return new StorageError(`Could not ${action} the vector index at ${path}: ${reason}`, {
    cause: error,
    retryable: isCommitConflict(error) || /timed? ?out|too many concurrent/i.test(reason),
    details: { path },
    hint: "Run the command again. If it keeps failing, delete this folder: photon fills it anew from the catalogue.",
  });
};
