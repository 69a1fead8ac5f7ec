/** Columns of file rows that change together. */
import type { FileStat } from "./file-repository.ts";

export const statColumns = (stat: FileStat): { size: number; mtime_ns: bigint; ctime_ns: bigint; inode: bigint } => ({
  size: stat.size,
  mtime_ns: stat.mtimeNs,
  ctime_ns: stat.ctimeNs,
  inode: BigInt.asIntN(64, stat.inode), // SQLite's integers have a sign; some file systems use the 64th bit
});

/** Columns that end a lease. */
export const noLease = { lease_owner: null, lease_token: null, lease_until: null } as const;

/** Columns of a file that was read just now: nothing is to be done about it, and it is there. */
export const noTodo = {
  todo: null,
  todo_at: null,
  todo_since: null,
  todo_tries: 0,
  seen: null,
  missing_since: null,
} as const;
