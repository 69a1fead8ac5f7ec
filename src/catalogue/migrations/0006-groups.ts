/** Photo groups and files beside photos: which photo stands for which, which sidecars there are, what is to be looked at again. */
import type { Kysely } from "kysely";
import { sql } from "kysely";

/** Without RAW files there are no groups, and nothing to remember. */
const whileThereAreRaws = "exists (select 1 from photos where format = 'raw')";
const mark = (hashes: string): string =>
  `insert into to_group select value from (${hashes}) where value is not null and ${whileThereAreRaws}
    on conflict do nothing`;
const partners = `select content_hash from photo_groups where primary_hash = old.content_hash
  union select primary_hash from photo_groups where content_hash = old.content_hash`;

/**
 * Whatever changes where a photo lies, what it is, or whether it is there, leaves a mark in the same transaction;
 * photo-groups.ts works the marks off before the index is written.
 */
const groups = [
  // content_hash: a photo that readers are not shown by itself; primary_hash: the one that stands for it.
  `create table photo_groups (
    content_hash text primary key references photos on delete cascade,
    primary_hash text not null references photos (content_hash) on delete cascade) strict, without rowid`,
  `create index photo_groups_primary on photo_groups (primary_hash)`,
  `create index photos_raw on photos (content_hash) where format = 'raw'`,
  `create table to_group (content_hash text primary key) strict, without rowid`,
  `create trigger file_came after insert on files begin ${mark("select new.content_hash as value")}; end`,
  `create trigger file_changed after update of root_id, path, state, content_hash on files
    when old.root_id <> new.root_id or old.path <> new.path or old.state <> new.state
      or old.content_hash is not new.content_hash begin
    ${mark("select old.content_hash as value union select new.content_hash")}; end`,
  `create trigger file_went after delete on files begin ${mark("select old.content_hash as value")}; end`,
  `create trigger photo_came after insert on photos begin ${mark("select new.content_hash as value")}; end`,
  `create trigger photo_changed after update of format, exif on photos
    when old.format <> new.format or old.exif <> new.exif begin ${mark("select new.content_hash as value")}; end`,
  // The group goes with the photo: those that are left are shown, or tell of one photo less.
  `create trigger photo_went before delete on photos begin
    ${mark(`select content_hash as value from (${partners})`)};
    update photos set rev = rev + 1 where content_hash in (${partners});
    insert into to_index (content_hash, rev, marked_at)
      select content_hash, rev, old.updated_at from photos where content_hash in (${partners})
      on conflict (content_hash) do update set rev = excluded.rev; end`,
  `insert into to_group select content_hash from photos where format = 'raw'`,
];

/** Photos that have, or may have, sidecars. */
const mayHaveSidecars = (hash: string): string =>
  `(exists (select 1 from sidecars) or exists (select 1 from photo_stages
    where content_hash = ${hash} and stage = 'sidecar' and key <> 'none'))`;

const sidecars = [
  // As scans saw them. `kind` as in photo/sidecar-names.ts.
  `create table sidecars (
    root_id integer not null references roots (id) on delete cascade, path blob not null, folder blob not null,
    kind text not null, size integer not null, mtime_ns integer not null,
    primary key (root_id, path)) strict, without rowid`,
  `create index sidecars_folder on sidecars (root_id, folder)`,
  `create table ignore_files (
    root_id integer not null references roots (id) on delete cascade, folder blob not null, digest text not null,
    primary key (root_id, folder)) strict, without rowid`,
  // Photos whose sidecars are not known to be those that their metadata was read with.
  `create table to_reread (content_hash text primary key) strict, without rowid`,
  `create trigger file_placed after update of root_id, path, state, content_hash on files
    when old.root_id <> new.root_id or old.path <> new.path or old.state <> new.state
      or old.content_hash is not new.content_hash begin
    insert into to_reread select value from (select old.content_hash as value union select new.content_hash)
      where value is not null and ${mayHaveSidecars("value")} on conflict do nothing; end`,
  `create trigger file_displaced after delete on files when old.content_hash is not null
    and ${mayHaveSidecars("old.content_hash")} begin
    insert into to_reread values (old.content_hash) on conflict do nothing; end`,
];

export const up = async (database: Kysely<unknown>): Promise<void> => {
  for (const statement of [...groups, ...sidecars]) await sql.raw(statement).execute(database);
};
