/** What is known about providers over all processes. Decisions come from src/jobs/; here they are read and written. */
import type { Kysely, Selectable, Updateable } from "kysely";
import { sql } from "kysely";
import type { Clock } from "../clock.ts";
import type { ProviderChange, ProviderState, ProviderStore, StoredPause, Success } from "../jobs/provider-store.ts";
import type { PausesTable, ProviderStateTable } from "./enrichment-schema.ts";
import { appendEvents, LIBRARY_USER_ID } from "./event-outbox.ts";
import { listOf } from "./lists.ts";
import type { CatalogueSchema } from "./schema.ts";
import { statement } from "./statement.ts";
import type { Tx } from "./transaction.ts";

type Database = Kysely<CatalogueSchema>;

const stateOf = (row: Selectable<ProviderStateTable>): ProviderState => ({
  providerKey: row.provider_key,
  circuit: row.circuit,
  unavailableSince: row.unavailable_since,
  nextProbeAt: row.next_probe_at,
  probeDelayMs: row.probe_delay_ms,
  probeOwner: row.probe_owner,
  probeUntil: row.probe_until,
  concurrency: row.concurrency,
  successStreak: row.success_streak,
  lastSuccessAt: row.last_success_at,
});

const columnsOf = (state: ProviderState): Updateable<ProviderStateTable> => ({
  circuit: state.circuit,
  unavailable_since: state.unavailableSince,
  next_probe_at: state.nextProbeAt,
  probe_delay_ms: state.probeDelayMs,
  probe_owner: state.probeOwner,
  probe_until: state.probeUntil,
  concurrency: state.concurrency,
  success_streak: state.successStreak,
  last_success_at: state.lastSuccessAt,
});

const pauseOf = ({ target, reason, until, since }: Selectable<PausesTable>): StoredPause => ({
  target,
  reason,
  until,
  since,
});

const selectState = async (database: Database, providerKey: string): Promise<ProviderState | undefined> => {
  const row = await database
    .selectFrom("provider_state")
    .selectAll()
    .where("provider_key", "=", providerKey)
    .executeTakeFirst();
  return row === undefined ? undefined : stateOf(row);
};

type Registration = Parameters<ProviderStore["register"]>[0];

/** Pauses of the provider itself, and of its models. */
const pausesOf = async (tx: Tx, providerKeys: readonly string[]): Promise<readonly StoredPause[]> => {
  const rows = await tx.selectFrom("pauses").selectAll().execute(); // a handful
  const belongs = ({ target }: StoredPause): boolean =>
    providerKeys.some((key) => target === `provider:${key}` || target.startsWith(`model:${key}/`));
  return rows.map(pauseOf).filter(belongs);
};

const endPauses = async (tx: Tx, pauses: readonly StoredPause[]): Promise<void> => {
  if (pauses.length === 0) return;
  await tx
    .deleteFrom("pauses")
    .where("target", "in", listOf(pauses.map(({ target }) => target)))
    .execute();
};

const register = (database: Database, provider: Registration): Promise<void> =>
  database.transaction().execute(async (tx) => {
    const { providerKey, ceiling, fingerprint, restart = false } = provider;
    const before = await tx
      .selectFrom("provider_state")
      .select("config_fingerprint")
      .where("provider_key", "=", providerKey)
      .executeTakeFirst();
    const isRepaired = before !== undefined && before.config_fingerprint !== fingerprint;
    const start = { concurrency: ceiling, success_streak: 0 };
    await tx
      .insertInto("provider_state")
      .values({ provider_key: providerKey, config_fingerprint: fingerprint, ...start })
      .onConflict((conflict) =>
        conflict
          .column("provider_key")
          .doUpdateSet({ config_fingerprint: fingerprint, ...(isRepaired || restart ? start : {}) }),
      )
      .execute();
    if (!isRepaired) return;
    const pauses = await pausesOf(tx, [providerKey]);
    await endPauses(
      tx,
      pauses.filter(({ reason }) => reason === "AUTH" || reason === "QUOTA" || reason === "CONFIG"),
    );
  });

const change = (
  database: Database,
  providerKey: string,
  { decide, clock }: { readonly decide: (before: ProviderState) => ProviderChange | undefined; readonly clock: Clock },
): Promise<ProviderState | undefined> =>
  database.transaction().execute(async (tx) => {
    const before = await selectState(tx, providerKey);
    if (before === undefined) return undefined;
    const decided = decide(before);
    if (decided === undefined) return before;
    const after = { ...before, ...decided.state };
    if (decided.state !== undefined) {
      await tx.updateTable("provider_state").set(columnsOf(after)).where("provider_key", "=", providerKey).execute();
    }
    if (decided.event !== undefined) {
      await appendEvents(tx, [{ ...decided.event, userId: LIBRARY_USER_ID }], clock.now());
    }
    return after;
  });

const noteSuccesses = (database: Database, successes: readonly Success[], now: number): Promise<void> =>
  database.transaction().execute(async (tx) => {
    for (const { providerKey, model, kind, scopeId } of successes) {
      const row = { scope_id: scopeId, at: now };
      await tx
        .insertInto("provider_successes")
        .values({ provider_key: providerKey, model, kind, ...row })
        .onConflict((conflict) => conflict.columns(["provider_key", "model", "kind"]).doUpdateSet(row))
        .execute();
    }
    const pauses = await pausesOf(
      tx,
      successes.map(({ providerKey }) => providerKey),
    );
    await endPauses(
      tx,
      pauses.filter(({ until }) => until !== null && until <= now),
    );
  });

const allStates = statement((database) => database.selectFrom("provider_state").selectAll().orderBy("provider_key"));

export const createProviderRepository = (database: Database, clock: Clock): ProviderStore => ({
  register: (provider) => register(database, provider),
  states: async () => {
    return (await allStates.all(database, {})).map(stateOf);
  },
  state: (providerKey) => selectState(database, providerKey),
  change: (providerKey, decide) => change(database, providerKey, { decide, clock }),
  noteSuccesses: async (successes) => {
    if (successes.length > 0) await noteSuccesses(database, successes, clock.now());
  },
  lastSuccess: async ({ providerKey, model, exceptScope, kind }) => {
    const row = await database
      .selectFrom("provider_successes")
      .select((eb) => eb.fn.max("at").as("at"))
      .where("provider_key", "=", providerKey)
      .where("model", "=", model)
      .where("scope_id", "<>", exceptScope)
      .$if(kind !== undefined, (query) => query.where("kind", "=", kind ?? ""))
      .executeTakeFirst();
    return row?.at ?? undefined;
  },
  pauses: async () => (await database.selectFrom("pauses").selectAll().orderBy("target").execute()).map(pauseOf),
  waitingJobs: async () => {
    const row = await database
      .selectFrom("jobs")
      .select((eb) => eb.fn.countAll<number>().as("jobs"))
      .where("state", "=", sql.lit("available"))
      .executeTakeFirstOrThrow();
    return row.jobs;
  },
  waitingRoutes: () =>
    database
      .selectFrom("jobs")
      .select((eb) => ["route", eb.fn.countAll<number>().as("jobs")])
      .where("state", "=", sql.lit("available"))
      .groupBy("route")
      .orderBy("route")
      .execute(),
});
