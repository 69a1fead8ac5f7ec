/** A folder, a source and a committer for one test; everything goes when it is disposed of. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../../src/clock.ts";
import type { Committer, CommitterOptions } from "../../../src/vectors/committer.ts";
import { createCommitter } from "../../../src/vectors/committer.ts";
import type { VectorIndex } from "../../../src/vectors/types.ts";
import { openVectorIndex } from "../../../src/vectors/vector-index.ts";
import type { SqliteSource } from "./sqlite-source.ts";
import { createSqliteSource } from "./sqlite-source.ts";

export const VECTOR_KEY = "test-model@00c0ffee/fp32/p1";

export interface TestLibrary extends AsyncDisposable {
  readonly root: string;
  readonly directory: string;
  readonly source: SqliteSource;
  committer(options?: Partial<CommitterOptions>): Committer;
  index(): Promise<VectorIndex>;
}

export const createTestLibrary = async (
  options: { readonly dimension?: number; readonly vectorKey?: string | undefined } = {},
): Promise<TestLibrary> => {
  const root = await mkdtemp(join(tmpdir(), "photon-vectors-"));
  const directory = join(root, "vectors");
  const source = createSqliteSource(join(root, "source.db"));
  const dimension = options.dimension ?? 8;
  const vectorKey = "vectorKey" in options ? options.vectorKey : VECTOR_KEY;
  return {
    root,
    directory,
    source,
    committer: (more = {}) => createCommitter({ source, directory, vectorKey, dimension, clock: systemClock, ...more }),
    index: () => openVectorIndex({ directory, vectorKey, dimension }),
    [Symbol.asyncDispose]: async () => {
      source[Symbol.dispose]();
      await rm(root, { recursive: true, force: true });
    },
  };
};
