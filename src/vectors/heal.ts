/** Compares a table with the catalogue after an unclean end. */
import type { Logger } from "../logger.ts";
import type { TableWriter } from "./table-writer.ts";
import type { IndexSource } from "./types.ts";

export interface HealResult {
  /** Photos marked again: missing in the table, or there with another revision. */
  readonly marked: number;
  /** Rows removed: of unknown photos, doubled, or newer than the catalogue knows. */
  readonly removed: number;
}

interface HealDependencies {
  readonly source: IndexSource;
  readonly writer: TableWriter;
  readonly logger: Logger;
  /** Marks every photo, gives their number. */
  readonly markAll: () => Promise<number>;
}

interface TableContent {
  readonly revisions: Map<string, number>;
  readonly doubled: ReadonlySet<string>;
}

const readTable = async (writer: TableWriter): Promise<TableContent> => {
  const revisions = new Map<string, number>();
  const doubled = new Set<string>();
  for await (const { contentHash, rev } of writer.revisions()) {
    if (revisions.has(contentHash)) doubled.add(contentHash);
    revisions.set(contentHash, rev);
  }
  return { revisions, doubled };
};

/**
 * The table is read before the catalogue: what another writer commits meanwhile then looks missing and is written once
 * more; the other way round it would look unknown and be lost.
 */
const compare = async ({ source, writer }: HealDependencies): Promise<HealResult> => {
  const { revisions, doubled } = await readTable(writer);
  const marks: string[] = [];
  const unwanted = new Set<string>(doubled);
  for (const { contentHash, rev } of await source.allRevisions()) {
    const indexed = revisions.get(contentHash);
    revisions.delete(contentHash);
    if (indexed === rev && !doubled.has(contentHash)) continue;
    marks.push(contentHash);
    if (indexed !== undefined && indexed > rev) unwanted.add(contentHash); // an upsert would not replace it
  }
  for (const contentHash of revisions.keys()) unwanted.add(contentHash);
  if (marks.length > 0) await source.markAgain(marks);
  if (unwanted.size > 0) await writer.remove([...unwanted]);
  return { marked: marks.length, removed: unwanted.size };
};

/** Heals row by row; a table that cannot be read is emptied and every photo marked. */
export const healTable = async (dependencies: HealDependencies): Promise<HealResult> => {
  const { writer, logger, markAll } = dependencies;
  try {
    const result = await compare(dependencies);
    if (result.marked + result.removed > 0) logger.info("Vector index healed.", { ...result });
    return result;
  } catch (error) {
    logger.warn("The vector index is damaged and is filled anew from the catalogue.", { error: String(error) });
    const marked = await markAll();
    await writer.clear();
    return { marked, removed: 0 };
  }
};
