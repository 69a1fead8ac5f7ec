/** What people tell the agent, and what it says of itself, beyond the life of its process. */
import type { Kysely } from "kysely";
import type { Clock } from "../clock.ts";
import type { CatalogueSchema } from "./schema.ts";

type Database = Kysely<CatalogueSchema>;

export interface AgentPause {
  /** Milliseconds UTC; undefined = until somebody resumes it. */
  readonly until: number | undefined;
}

export interface AgentError {
  /** Absolute path of the photo. */
  readonly path: string;
  readonly code: string;
  readonly message: string;
  /** Milliseconds UTC. */
  readonly at: number;
}

export interface StuckQueue {
  /** The file it stands on, absolute. */
  readonly path: string;
  /** Since when nothing has been done. */
  readonly since: number;
}

export interface AgentRepository {
  readonly pause: (pause: AgentPause) => Promise<void>;
  /** @returns whether it was paused */
  readonly resume: () => Promise<boolean>;
  /** undefined = not paused; a pause whose time is over is none. */
  readonly paused: () => Promise<AgentPause | undefined>;
  /** Asks for a whole scan of every watched root. */
  readonly wantScan: () => Promise<void>;
  /** How often that was asked for. */
  readonly scansWanted: () => Promise<number>;
  readonly noteError: (error: Omit<AgentError, "at">) => Promise<void>;
  readonly lastError: () => Promise<AgentError | undefined>;
  /** undefined = it goes on. */
  readonly noteStuck: (stuck: StuckQueue | undefined) => Promise<void>;
  readonly stuck: () => Promise<StuckQueue | undefined>;
}

interface Facts {
  readonly pause: AgentPause;
  readonly scans_wanted: number;
  readonly last_error: AgentError;
  readonly stuck: StuckQueue;
}

const read = async <Name extends keyof Facts>(database: Database, name: Name): Promise<Facts[Name] | undefined> => {
  const row = await database.selectFrom("agent_state").select("value").where("name", "=", name).executeTakeFirst();
  return row === undefined ? undefined : (JSON.parse(row.value) as Facts[Name]); // written by `write`
};

const write = async <Name extends keyof Facts>(database: Database, name: Name, value: Facts[Name]): Promise<void> => {
  const row = { name, value: JSON.stringify(value) };
  await database
    .insertInto("agent_state")
    .values(row)
    .onConflict((conflict) => conflict.column("name").doUpdateSet(row))
    .execute();
};

const remove = async (database: Database, name: keyof Facts): Promise<boolean> => {
  const { numDeletedRows } = await database.deleteFrom("agent_state").where("name", "=", name).executeTakeFirst();
  return numDeletedRows > 0n;
};

export const createAgentRepository = (database: Database, clock: Clock): AgentRepository => {
  const paused = async (): Promise<AgentPause | undefined> => {
    const pause = await read(database, "pause");
    return pause === undefined || (pause.until !== undefined && pause.until <= clock.now()) ? undefined : pause;
  };
  return {
    pause: (pause) => write(database, "pause", pause),
    resume: async () => {
      const wasPaused = (await paused()) !== undefined;
      await remove(database, "pause");
      return wasPaused;
    },
    paused,
    wantScan: () =>
      database
        .transaction()
        .execute(async (tx) => write(tx, "scans_wanted", ((await read(tx, "scans_wanted")) ?? 0) + 1)),
    scansWanted: async () => (await read(database, "scans_wanted")) ?? 0,
    noteError: (error) => write(database, "last_error", { ...error, at: clock.now() }),
    lastError: () => read(database, "last_error"),
    noteStuck: async (stuck) => {
      if (stuck === undefined) await remove(database, "stuck");
      else await write(database, "stuck", stuck);
    },
    stuck: () => read(database, "stuck"),
  };
};
