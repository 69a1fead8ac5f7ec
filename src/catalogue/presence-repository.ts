/** Which enrichment workers there are: for people who ask. Nothing is decided by it. */
import type { Kysely } from "kysely";
import type { Clock } from "../clock.ts";
import { SECOND } from "../clock.ts";
import { isOwnerDead } from "./owner.ts";
import type { CatalogueSchema } from "./schema.ts";

export const PRESENCE_HEARTBEAT_MS = 10 * SECOND;
/** Who has not been seen for so long is not there, whatever its process does. */
const PRESENT_FOR_MS = 3 * PRESENCE_HEARTBEAT_MS;

export interface PresentWorker {
  readonly owner: string;
  /** What sort of process it is: `followed run`, `agent`, `mcp`. */
  readonly role: string;
  readonly routes: readonly string[];
  /** Milliseconds UTC. */
  readonly seenAt: number;
}

export interface PresenceRepository {
  /** Also the heartbeat. */
  readonly announce: (worker: Pick<PresentWorker, "role" | "routes">) => Promise<void>;
  readonly leave: () => Promise<void>;
  readonly list: () => Promise<readonly PresentWorker[]>;
}

export const createPresenceRepository = (
  database: Kysely<CatalogueSchema>,
  owner: string,
  clock: Clock,
): PresenceRepository => ({
  announce: async ({ role, routes }) => {
    const row = { owner, role, routes: JSON.stringify(routes), seen_at: clock.now() };
    await database.transaction().execute(async (tx) => {
      await tx
        .insertInto("workers")
        .values(row)
        .onConflict((conflict) => conflict.column("owner").doUpdateSet(row))
        .execute();
      await tx
        .deleteFrom("workers")
        .where("seen_at", "<=", clock.now() - PRESENT_FOR_MS)
        .execute();
    });
  },
  leave: async () => {
    await database.deleteFrom("workers").where("owner", "=", owner).execute();
  },
  list: async () => {
    const rows = await database
      .selectFrom("workers")
      .selectAll()
      .where("seen_at", ">", clock.now() - PRESENT_FOR_MS)
      .orderBy("owner")
      .execute();
    return rows
      .filter((row) => !isOwnerDead(row.owner))
      .map((row) => ({
        owner: row.owner,
        role: row.role,
        routes: JSON.parse(row.routes) as string[], // written by announce
        seenAt: row.seen_at,
      }));
  },
});
