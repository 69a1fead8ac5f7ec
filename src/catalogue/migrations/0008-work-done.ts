/** How fast waiting files are dealt with: counts by minute, whichever process does the work. */
import type { Kysely } from "kysely";
import { sql } from "kysely";

const KEPT_MINUTES = 60;
const minute = "cast(unixepoch() / 60 as integer)";

const counted = (stage: string): string =>
  `delete from work_done where minute < ${minute} - ${KEPT_MINUTES};
    insert into work_done (stage, minute, count) values ('${stage}', ${minute}, 1)
      on conflict (stage, minute) do update set count = count + 1;`;

const statements = [
  `create table work_done (
    stage text not null, minute integer not null, count integer not null, primary key (stage, minute))
    strict, without rowid`,
  `create trigger file_settled after update of todo on files when old.todo = 'settle' and new.todo is not 'settle' begin
    ${counted("settle")} end`,
  `create trigger file_processed after update of todo on files when old.todo = 'process' and new.todo is not 'process'
    begin ${counted("process")} end`,
  // Standing watches look for photos that came since their last look.
  "create index photos_by_creation on photos (created_at)",
];

export const up = async (database: Kysely<unknown>): Promise<void> => {
  for (const statement of statements) await sql.raw(statement).execute(database);
};
