/** What follows from requests in words and waits for a yes. Reminders wait in the calendar instead. */
import type { Kysely, Selectable } from "kysely";
import type { Clock } from "../clock.ts";
import type { ProposedAction } from "../enrichment/intent-mapping.ts";
import type { DecisionState, ProposalsTable } from "./enrichment-schema.ts";
import type { CatalogueSchema } from "./schema.ts";
import { createUlid } from "./transaction.ts";

type Database = Kysely<CatalogueSchema>;

export type StoredAction = Exclude<ProposedAction, { readonly action: "propose-reminder" }>;

export interface Proposal {
  readonly id: string;
  /** `req:<ulid>` */
  readonly requestId: string;
  readonly action: StoredAction;
  readonly state: DecisionState;
  /** Milliseconds UTC. */
  readonly createdAt: number;
}

export interface ProposalRepository {
  /** Returns its id. */
  readonly add: (requestId: string, action: StoredAction) => Promise<string>;
  readonly get: (id: string) => Promise<Proposal | undefined>;
  /** Oldest first. */
  readonly pending: () => Promise<readonly Proposal[]>;
  /** False when it was decided before. */
  readonly decide: (id: string, state: "CONFIRMED" | "DISCARDED") => Promise<boolean>;
}

const proposalOf = (row: Selectable<ProposalsTable>): Proposal => ({
  id: row.proposal_id,
  requestId: row.request_id,
  action: JSON.parse(row.action) as StoredAction, // written by add
  state: row.state,
  createdAt: row.created_at,
});

export const createProposalRepository = (database: Database, clock: Clock): ProposalRepository => ({
  add: async (requestId, action) => {
    const now = clock.now();
    const proposalId = createUlid(now);
    await database
      .insertInto("proposals")
      .values({
        proposal_id: proposalId,
        request_id: requestId,
        action: JSON.stringify(action),
        state: "PENDING",
        created_at: now,
      })
      .execute();
    return proposalId;
  },
  get: async (id) => {
    const row = await database.selectFrom("proposals").selectAll().where("proposal_id", "=", id).executeTakeFirst();
    return row === undefined ? undefined : proposalOf(row);
  },
  pending: async () => {
    const rows = await database
      .selectFrom("proposals")
      .selectAll()
      .where("state", "=", "PENDING")
      .orderBy("proposal_id")
      .execute();
    return rows.map(proposalOf);
  },
  decide: async (id, state) => {
    const decided = await database
      .updateTable("proposals")
      .set({ state, decided_at: clock.now() })
      .where("proposal_id", "=", id)
      .where("state", "=", "PENDING")
      .executeTakeFirst();
    return decided.numUpdatedRows > 0n;
  },
});
