/** Watching: what is known of roots beside their path, files that are to be looked at or worked on, the agent's own state. */
import type { Kysely } from "kysely";
import { sql } from "kysely";

const statements = [
  `alter table roots add column watch integer not null default 1`,
  `alter table roots add column mode text not null default 'auto'`,
  `alter table roots add column state text not null default 'online'`,
  `alter table roots add column state_reason text`,
  `alter table roots add column state_since integer`,
  `alter table roots add column device text`,
  `alter table roots add column inode text`,
  `alter table roots add column file_system text`,
  `alter table roots add column fingerprint text not null default '[]'`,
  `alter table roots add column sentinel text`,
  `alter table roots add column options text not null default '{}'`,
  `alter table roots add column loss_seen_at integer`,
  `alter table roots add column loss_confirmed integer not null default 0`,
  `alter table roots add column scanned_at integer`,
  `alter table roots add column scan_ms integer`,
  // What the watcher of a root says of itself; others only read it.
  `create table root_watch (
    root_id integer primary key references roots (id) on delete cascade, mode text not null, reason text, fix text,
    folders integer not null, next_scan_at integer, settled_at integer, updated_at integer not null) strict`,
  `create table agent_state (name text primary key, value text not null) strict, without rowid`,
  // The part of the path before its last slash: empty for files of the root itself.
  `alter table files add column folder blob
    generated always as (cast(rtrim(rtrim(path, replace(path, '/', '')), '/') as blob)) virtual`,
  `alter table files add column missing_since integer`,
  `alter table files add column todo text`,
  `alter table files add column todo_priority integer not null default 0`,
  `alter table files add column todo_at integer`,
  `alter table files add column todo_since integer`,
  `alter table files add column todo_tries integer not null default 0`,
  `alter table files add column seen text`,
  `create index files_by_folder on files (root_id, folder)`,
  `create index files_by_inode on files (inode, size)`,
  `create index files_todo on files (todo, todo_priority desc, id) where todo is not null`,
  `create index files_maybe_missing on files (missing_since) where missing_since is not null`,
];

export const up = async (database: Kysely<unknown>): Promise<void> => {
  for (const statement of statements) await sql.raw(statement).execute(database);
};
