/** The vector index of a library: the table of its active key, read and (when this process is elected) written. */
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { Clock } from "../clock.ts";
import type { IndexRebuildProgress } from "../library/administration.ts";
import type { Logger } from "../logger.ts";
import { createActiveCommitter } from "../vectors/active-committer.ts";
import type { BuildTableOptions } from "../vectors/build-table.ts";
import { buildTable } from "../vectors/build-table.ts";
import type { CommitterRole } from "../vectors/committer-role.ts";
import { createCommitterRole } from "../vectors/committer-role.ts";
import { tableState } from "../vectors/table-state.ts";
import type { VectorIndex } from "../vectors/types.ts";
import { openVectorIndex } from "../vectors/vector-index.ts";
import type { TableOptions } from "../vectors/writable-table.ts";
import { once } from "./once.ts";

export interface LibraryIndexDeps {
  readonly directory: string;
  readonly catalogue: () => Promise<Catalogue>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A key whose table is asked for or built although the library is not searched with it. */
export interface OtherTable {
  readonly vectorKey: string;
  readonly dimension: number;
}

export interface LibraryIndex extends AsyncDisposable {
  /** Read side of the table that is searched now. */
  readonly reader: () => Promise<VectorIndex>;
  /** The same for searches: a table that was deleted is filled first, unless another process is about to. */
  readonly searchable: () => Promise<VectorIndex>;
  /** Marks were left by a commit. */
  readonly notify: () => void;
  readonly waitUntilIndexed: (onPending: (marks: number) => void, signal: AbortSignal) => Promise<void>;
  /** Read side of another key's table. */
  readonly readerOf: (table: OtherTable) => Promise<VectorIndex>;
  /** Fills another key's table, see build-table.ts. */
  readonly build: (
    options: OtherTable & Pick<BuildTableOptions, "known" | "signal" | "onProgress">,
  ) => Promise<ReadonlyMap<string, number>>;
  readonly rebuild: (options: {
    readonly signal: AbortSignal;
    readonly onProgress?: (progress: IndexRebuildProgress) => void;
  }) => Promise<void>;
}

export const createLibraryIndex = ({ directory, catalogue, clock, logger }: LibraryIndexDeps): LibraryIndex => {
  const readers = new Map<string, VectorIndex>();
  const table = async () => {
    const active = await (await catalogue()).library.activeVectorKey();
    return { directory, vectorKey: active?.vectorKey, dimension: active?.dimension ?? 0 };
  };
  const role = once(async (): Promise<CommitterRole> => {
    const { leases, index: source } = await catalogue();
    return createCommitterRole({
      leases,
      source,
      clock,
      logger,
      createCommitter: async () => createActiveCommitter({ activeTable: table, source, clock, logger }),
    });
  });
  const readerOf = async (options: TableOptions): Promise<VectorIndex> => {
    const key = options.vectorKey ?? "";
    const open = readers.get(key) ?? (await openVectorIndex(options));
    readers.set(key, open);
    return open;
  };
  const reader = async (): Promise<VectorIndex> => readerOf(await table());
  return {
    reader,
    readerOf: (other) => readerOf({ directory, ...other }),
    build: async (options) => buildTable({ directory, source: (await catalogue()).index, clock, ...options }),
    searchable: async () => {
      if ((await tableState(await table())) === "missing") {
        await (await role()).commitIfFree(new AbortController().signal);
      }
      return reader();
    },
    notify: () => {
      role().then(
        (held) => held.notify(),
        (error: unknown) => logger.debug("The index role is not there.", { error: String(error) }),
      );
    },
    waitUntilIndexed: async (onPending, signal) => {
      const committer = await role();
      if ((await tableState(await table())) !== "clean") await committer.commitIfFree(signal);
      await committer.waitUntilIndexed(onPending, signal);
    },
    rebuild: async (options) => {
      await (
        await role()
      ).whileHolding((committer, confirmRole) => committer.rebuild({ ...options, confirmRole }), options.signal);
    },
    [Symbol.asyncDispose]: async () => {
      await (await role.made())?.[Symbol.asyncDispose]();
      for (const reader of readers.values()) await reader[Symbol.asyncDispose]();
    },
  };
};
