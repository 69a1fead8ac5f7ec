/** The committer's view of a catalogue on a small SQLite database, so that several processes can share it. */
import { DatabaseSync } from "node:sqlite";
import type { IndexMark, IndexRow, IndexSource } from "../../../src/vectors/types.ts";

export interface SqliteSource extends IndexSource, Disposable {
  /** Stores photos (revision as given) and marks them. */
  put(rows: readonly IndexRow[]): void;
  /** Stores photos without a mark, as if the index held them already. */
  putUnmarked(rows: readonly IndexRow[]): void;
  /** Forgets photos and marks them. */
  drop(contentHashes: readonly string[]): void;
  all(): readonly IndexRow[];
}

const pack = ({ vector, ...row }: IndexRow): string =>
  JSON.stringify({
    ...row,
    bytes: vector && Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString("base64"),
  });

const unpack = (text: string): IndexRow => {
  const { bytes, ...row } = JSON.parse(text) as IndexRow & { readonly bytes?: string }; // written by pack
  if (bytes === undefined) return row;
  return { ...row, vector: new Float32Array(new Uint8Array(Buffer.from(bytes, "base64")).buffer) };
};

export const createSqliteSource = (path = ":memory:"): SqliteSource => {
  const db = new DatabaseSync(path, { timeout: 10_000 });
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS photos (hash TEXT PRIMARY KEY, rev INTEGER NOT NULL, row TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS to_index (hash TEXT PRIMARY KEY, rev INTEGER NOT NULL)`);
  const upsert = db.prepare("INSERT OR REPLACE INTO photos VALUES (?, ?, ?)");
  const mark = db.prepare("INSERT OR REPLACE INTO to_index VALUES (?, ?)");
  const one = db.prepare("SELECT hash, rev, row FROM photos WHERE hash = ?");
  const inTransaction = (action: () => void): void => {
    db.exec("BEGIN IMMEDIATE");
    action();
    db.exec("COMMIT");
  };
  const marksOf = (sql: string, ...values: number[]): readonly IndexMark[] =>
    db
      .prepare(sql)
      .all(...values)
      .map(({ hash, rev }) => ({ contentHash: String(hash), rev: Number(rev) }));
  const store = (rows: readonly IndexRow[], marked: boolean): void =>
    inTransaction(() => {
      for (const row of rows) {
        upsert.run(row.contentHash, row.rev, pack(row));
        if (marked) mark.run(row.contentHash, row.rev);
      }
    });

  return {
    put: (rows) => store(rows, true),
    putUnmarked: (rows) => store(rows, false),
    drop: (hashes) =>
      inTransaction(() => {
        for (const hash of hashes) {
          db.prepare("DELETE FROM photos WHERE hash = ?").run(hash);
          mark.run(hash, 1_000_000);
        }
      }),
    all: () =>
      db
        .prepare("SELECT row FROM photos ORDER BY hash")
        .all()
        .map(({ row }) => unpack(String(row))),
    takeMarks: (limit) => Promise.resolve(marksOf("SELECT hash, rev FROM to_index ORDER BY rowid LIMIT ?", limit)),
    rowsFor: (hashes) =>
      Promise.resolve(
        hashes.flatMap((hash) => {
          const found = one.get(hash);
          return found === undefined ? [] : [unpack(String(found["row"]))];
        }),
      ),
    clearMarks: (marks) => {
      inTransaction(() => {
        for (const { contentHash, rev } of marks) {
          db.prepare("DELETE FROM to_index WHERE hash = ? AND rev = ?").run(contentHash, rev);
        }
      });
      return Promise.resolve(true);
    },
    countMarks: () => Promise.resolve(Number(db.prepare("SELECT count(*) AS marks FROM to_index").get()?.["marks"])),
    allRevisions: () => Promise.resolve(marksOf("SELECT hash, rev FROM photos")),
    markAgain: (hashes) => {
      inTransaction(() => {
        for (const hash of hashes) {
          db.prepare("INSERT OR REPLACE INTO to_index SELECT hash, rev FROM photos WHERE hash = ?").run(hash);
        }
      });
      return Promise.resolve();
    },
    [Symbol.dispose]: () => db.close(),
  };
};
