/**
 * Kysely on `node:sqlite`: one connection that one query or transaction at a time has, in the order of asking; statements
 * cached, writers started with BEGIN IMMEDIATE. SQLite waits a short time for another writer itself (it blocks the thread);
 * after that the wait goes on asynchronously.
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import type {
  CompiledQuery,
  DatabaseConnection,
  DatabaseIntrospector,
  Dialect,
  DialectAdapter,
  Driver,
  Kysely,
  QueryCompiler,
  QueryExecutorProvider,
  QueryResult,
  TransactionSettings,
} from "kysely";
import { SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from "kysely";
import type { Clock } from "../clock.ts";
import { SECOND } from "../clock.ts";
import { InternalError, StorageError } from "../errors.ts";
import { isRepeated } from "./repeated-query.ts";
import { Turns } from "./turns.ts";

const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
const SQLITE_FULL = 13;
/** READONLY, IOERR, CORRUPT, CANTOPEN, NOTADB */
const DISK_CODES: ReadonlySet<number> = new Set([8, 10, 11, 14, 26]);
const RETRY_DELAY_MS = 20;
const GIVE_UP_AFTER_MS = 60 * SECOND;
const MAX_CACHED_STATEMENTS = 500;
/** Longer texts hold a list whose length is part of them: they hardly come again, and would fill the cache. */
const MAX_CACHED_SQL_LENGTH = 4096;

/** Result code without its extension, which is in the higher bytes. */
const resultCode = (error: unknown): number | undefined =>
  error instanceof Error && "errcode" in error && typeof error.errcode === "number" ? error.errcode & 0xff : undefined;

const isBusy = (error: unknown): boolean => {
  const code = resultCode(error);
  return code === SQLITE_BUSY || code === SQLITE_LOCKED;
};

/** Trouble with the disk in words of ours; a wrong statement is a bug and stays what it is. */
const diskFailure = (path: string, error: unknown): unknown => {
  const code = resultCode(error);
  if (code === SQLITE_FULL) {
    return new StorageError(`The disk is full: the catalogue ${path} could not be written.`, {
      cause: error,
      hint: "Free some space on this disk and run the command again; what was stored so far is kept.",
    });
  }
  if (code === undefined || !DISK_CODES.has(code)) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new StorageError(`The catalogue ${path} could not be read or written: ${reason}.`, {
    cause: error,
    hint: 'Check the disk and that the folder can be written, then run "photon doctor".',
  });
};

/** Runs `attempt` until the database is free; the thread stays free between tries. */
export const whenFree = async <Result>(clock: Clock, attempt: () => Result): Promise<Result> => {
  const deadline = clock.now() + GIVE_UP_AFTER_MS;
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      if (!isBusy(error)) throw error;
      if (clock.now() >= deadline) {
        throw new StorageError("The catalogue stayed locked by another process for a minute.", {
          cause: error,
          retryable: true,
          hint: "Close other programs that have the photon library open, then run the command again.",
        });
      }
    }
    await clock.sleep(RETRY_DELAY_MS * (0.5 + Math.random()));
  }
};

export interface NodeSqliteOptions {
  readonly database: DatabaseSync;
  readonly clock: Clock;
  /** Runs inside each new transaction; what it throws ends the transaction. */
  readonly beforeWrite?: () => void;
  readonly afterCommit?: () => void;
}

interface CachedStatement {
  readonly statement: StatementSync;
  /** Whether it gives rows: asked once, for the answer describes every column. */
  readonly isReader: boolean;
}

class NodeSqliteConnection implements DatabaseConnection {
  readonly turns = new Turns();
  readonly #database: DatabaseSync;
  readonly #clock: Clock;
  readonly #statements = new Map<string, CachedStatement>();

  constructor(database: DatabaseSync, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    return this.#whenFree(() => {
      const { statement, isReader } = this.#prepare(query.sql);
      if (isRepeated(query)) {
        for (const values of query.everyParameters) statement.run(...(values as SQLInputValue[])); // as below
        return { rows: [] };
      }
      const parameters = query.parameters as SQLInputValue[]; // Kysely types them as unknown; repositories bind only these
      if (isReader) return { rows: statement.all(...parameters) as Row[] }; // row type is the query's
      const { changes, lastInsertRowid } = statement.run(...parameters);
      return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
    });
  }

  /** @throws InternalError when the transaction is over */
  executeQueryInTransaction<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    if (!this.#database.isTransaction)
      throw new InternalError("Expected an open transaction, received one that ended.");
    return this.executeQuery(query);
  }

  async *streamQuery<Row>(query: CompiledQuery): AsyncIterableIterator<QueryResult<Row>> {
    // A statement of its own: a cached one would be reset by the next query with the same text.
    const rows = this.#database.prepare(query.sql).iterate(...(query.parameters as SQLInputValue[])); // as above
    for (const row of rows) yield await Promise.resolve({ rows: [row as Row] }); // row type is the query's
  }

  /** Transaction control; waits for other writers. */
  async run(sql: string): Promise<void> {
    await this.#whenFree(() => this.#database.exec(sql));
  }

  async #whenFree<Result>(attempt: () => Result): Promise<Result> {
    try {
      return attempt();
    } catch (error) {
      if (isBusy(error)) return this.#later(attempt);
      throw diskFailure(this.#database.location() ?? "", error);
    }
  }

  async #later<Result>(attempt: () => Result): Promise<Result> {
    try {
      return await whenFree(this.#clock, attempt);
    } catch (error) {
      throw diskFailure(this.#database.location() ?? "", error);
    }
  }

  #prepare(sql: string): CachedStatement {
    const cached = this.#statements.get(sql);
    if (cached !== undefined) return cached;
    const statement = this.#database.prepare(sql);
    const prepared = { statement, isReader: statement.columns().length > 0 };
    if (sql.length > MAX_CACHED_SQL_LENGTH) return prepared;
    if (this.#statements.size >= MAX_CACHED_STATEMENTS) this.#statements.clear();
    this.#statements.set(sql, prepared);
    return prepared;
  }
}

class NodeSqliteDriver implements Driver {
  readonly #database: DatabaseSync;
  readonly #connection: NodeSqliteConnection;
  readonly #beforeWrite: () => void;
  readonly #afterCommit: () => void;

  constructor(connection: NodeSqliteConnection, options: NodeSqliteOptions) {
    const { database, beforeWrite = () => undefined, afterCommit = () => undefined } = options;
    this.#database = database;
    this.#connection = connection;
    this.#beforeWrite = beforeWrite;
    this.#afterCommit = afterCommit;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    await this.#connection.turns.take();
    return this.#connection;
  }

  async beginTransaction(_connection: DatabaseConnection, _settings: TransactionSettings): Promise<void> {
    await this.#connection.run("begin immediate");
    try {
      this.#beforeWrite();
    } catch (error) {
      await this.rollbackTransaction();
      throw error;
    }
  }

  async commitTransaction(): Promise<void> {
    await this.#connection.run("commit");
    this.#afterCommit();
  }

  async rollbackTransaction(): Promise<void> {
    // SQLite may have rolled back by itself (disk full): then there is nothing left to undo.
    if (this.#database.isTransaction) await this.#connection.run("rollback");
  }

  async releaseConnection(): Promise<void> {
    this.#connection.turns.pass();
  }

  async destroy(): Promise<void> {
    this.#database.close();
  }
}

class NodeSqliteAdapter extends SqliteAdapter {
  readonly connection: NodeSqliteConnection;

  constructor(connection: NodeSqliteConnection) {
    super();
    this.connection = connection;
  }

  /** Kysely's own lock wakes everybody who waits whenever it comes free; {@link Turns} wakes one. */
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

/**
 * Runs a compiled query without Kysely's detours, on its connection all the same: a transaction has it already, others
 * wait for their turn.
 */
export const executeDirectly = async <Row>(
  database: QueryExecutorProvider & { readonly isTransaction: boolean },
  query: CompiledQuery<Row>,
): Promise<QueryResult<Row>> => {
  const { adapter } = database.getExecutor();
  if (!(adapter instanceof NodeSqliteAdapter)) return database.getExecutor().executeQuery(query);
  const { connection } = adapter;
  if (database.isTransaction) return connection.executeQueryInTransaction(query);
  await connection.turns.take();
  try {
    return await connection.executeQuery(query);
  } finally {
    connection.turns.pass();
  }
};

export class NodeSqliteDialect implements Dialect {
  readonly #options: NodeSqliteOptions;
  readonly #connection: NodeSqliteConnection;

  constructor(options: NodeSqliteOptions) {
    this.#options = options;
    this.#connection = new NodeSqliteConnection(options.database, options.clock);
  }

  createDriver(): Driver {
    return new NodeSqliteDriver(this.#connection, this.#options);
  }

  createQueryCompiler(): QueryCompiler {
    return new SqliteQueryCompiler();
  }

  createAdapter(): DialectAdapter {
    return new NodeSqliteAdapter(this.#connection);
  }

  // oxlint-disable-next-line typescript/no-explicit-any -- the signature is Kysely's
  createIntrospector(database: Kysely<any>): DatabaseIntrospector {
    return new SqliteIntrospector(database);
  }
}
