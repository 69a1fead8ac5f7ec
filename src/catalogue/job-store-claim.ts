/**
 * Claiming: which job runs next, on which target. All of it inside one write transaction, so that limits hold over all
 * processes.
 */
import { sql } from "kysely";
import type { ClaimedJob, ClaimOptions, LeaseRef, ServedTarget } from "../jobs/job-store.ts";
import type { CircuitState } from "./enrichment-schema.ts";
import { statesBefore } from "./enrichment-states.ts";
import { claimedJobOf, NO_LEASE } from "./job-store-rows.ts";
import { listOf } from "./lists.ts";
import type { Given } from "./statement.ts";
import { givenList, statement } from "./statement.ts";
import type { Tx } from "./transaction.ts";

/** The next job of a kind and route. */
interface Head {
  readonly kind: string;
  readonly route: string;
  readonly priority: number;
  readonly crashes: number;
  /** Position of kind and route in what is served. */
  readonly place: number;
}

interface Choice {
  readonly head: Head;
  readonly target: ServedTarget;
  readonly limit: number;
}

interface ProviderRow {
  readonly provider_key: string;
  readonly circuit: CircuitState;
  readonly concurrency: number;
  readonly probe_owner: string | null;
  readonly running: number;
}

/** No limit. */
const ANY = Number.MAX_SAFE_INTEGER;

type Providers = ReadonlyMap<string, ProviderRow>;

const providerRows = statement(
  (_database, { keys }: Given<{ keys: string }>) => sql<ProviderRow>`
    select provider_key, circuit, concurrency, probe_owner,
      (select count(*) from jobs where state = 'running' and jobs.provider_key = provider_state.provider_key) as running
    from provider_state where provider_key in ${givenList<string>(keys)}`,
);

const readProviders = async (tx: Tx, keys: readonly string[]): Promise<Providers> => {
  const rows = await providerRows.all(tx, { keys: JSON.stringify(keys) });
  return new Map(rows.map((row) => [row.provider_key, row]));
};

const pauseRows = statement((database, { now }: Given<{ now: number }>) =>
  database
    .selectFrom("pauses")
    .select("target")
    .where((eb) => eb.or([eb("until", "is", null), eb("until", ">", now)])),
);

const activePauses = async (tx: Tx, now: number): Promise<ReadonlySet<string>> =>
  new Set((await pauseRows.all(tx, { now })).map(({ target }) => target));

/** How many jobs the target may be given now; 0 = none. */
const freeSlots = (
  target: ServedTarget,
  { providers, pauses }: { readonly providers: Providers; readonly pauses: ReadonlySet<string> },
  { limit, owner, probe, answered }: ClaimOptions,
): number => {
  const { kind, providerKey, model, ceiling } = target;
  const stops = ["all", `kind:${kind}`, `provider:${providerKey}`, `model:${providerKey}/${model}`];
  const provider = providers.get(providerKey);
  if (provider === undefined || stops.some((stop) => pauses.has(stop))) return 0;
  if (probe !== undefined) {
    const isTested = provider.circuit === "half_open" && provider.probe_owner === owner;
    return isTested && probe.providerKey === providerKey ? 1 : 0;
  }
  if (provider.circuit !== "closed") return 0;
  const calling = provider.running - (answered?.get(providerKey) ?? 0);
  return Math.min(limit, Math.min(provider.concurrency, ceiling) - calling);
};

const routesOf = (serve: readonly ServedTarget[]): readonly (readonly [string, string])[] => [
  ...new Map(serve.map(({ kind, route }) => [`${kind} ${route}`, [kind, route] as const])).values(),
];

interface Conditions {
  readonly now: number;
  /** Jobs that have crashed so often or less: 0 = those that never did. */
  readonly mostCrashes: number;
  /** Not those that failed since then: they would say nothing about anybody but themselves. */
  readonly tried: number;
}

/** What a job must be to run now. Begins with the terms of the index `jobs_claim`. */
const runnable = ({ now, mostCrashes, tried }: Given<Conditions>) =>
  sql`state = 'available' and run_at <= ${now} and (expires_at is null or expires_at > ${now})
    and crashes <= ${mostCrashes} and (last_unavailable_at is null or last_unavailable_at < ${tried})`;

const heads = statement(
  (_database, given: Given<Conditions & { routes: string }>) => sql<Head>`
    select head.kind, head.route, head.priority, head.crashes, served.key as place
    from json_each(${given.routes}) served
    join jobs head on head.id = (
      select id from jobs where kind = served.value ->> 0 and route = served.value ->> 1 and ${runnable(given)}
      order by priority desc, run_at, id limit 1)
    order by head.priority desc, served.key`,
);

const next = statement(
  (_database, given: Given<Conditions & { kind: string; route: string; limit: number }>) => sql<{
    readonly id: number;
  }>`
    select id from jobs where kind = ${given.kind} and route = ${given.route} and ${runnable(given)}
    order by priority desc, run_at, id limit ${given.limit}`,
);

const choose = async (tx: Tx, options: ClaimOptions, conditions: Conditions): Promise<Choice | undefined> => {
  const { serve } = options;
  const first = await heads.all(tx, { ...conditions, routes: JSON.stringify(routesOf(serve)) });
  if (first.length === 0) return undefined;
  const providers = await readProviders(
    tx,
    serve.map(({ providerKey }) => providerKey),
  );
  const pauses = await activePauses(tx, conditions.now);
  for (const head of first) {
    for (const target of serve) {
      if (target.kind !== head.kind || target.route !== head.route) continue;
      const free = freeSlots(target, { providers, pauses }, options);
      if (free > 0) return { head, target, limit: head.crashes > 0 ? 1 : free };
    }
  }
  return undefined;
};

const CLAIMED = sql.raw(`id, kind, scope_id, document_type, route, provider_key, payload, user_id, execution_id,
  priority, run_at, attempts_invalid, snoozes, crashes, isolated, first_unavailable_at, last_unavailable_at,
  lease_token, created_at, expires_at, error_code, sub_code`);

type ClaimedRow = Parameters<typeof claimedJobOf>[0] & { readonly run_at: number };

const byOrder = (a: ClaimedRow, b: ClaimedRow): number => b.priority - a.priority || a.run_at - b.run_at || a.id - b.id;

interface Leased {
  /** JSON array. */
  readonly ids: string;
  readonly providerKey: string;
  readonly owner: string;
  readonly until: number;
}

const lease = statement(
  (_database, { ids, providerKey, owner, until }: Given<Leased>) => sql<ClaimedRow>`
    update jobs set state = 'running', provider_key = ${providerKey}, lease_owner = ${owner},
      lease_token = lease_token + 1, lease_until = ${until}
    where id in ${givenList<number>(ids)} returning ${CLAIMED}`,
);

const markEnrichments = statement(
  (_database, { ids, now }: Given<{ ids: string; now: number }>) => sql<{ readonly lease_ref: LeaseRef }>`
    update enrichments set state = 'ENRICHING', lease_ref = jobs.id || ':' || jobs.lease_token, updated_at = ${now}
    from jobs where jobs.id in ${givenList<number>(ids)}
      and enrichments.scope_id = jobs.scope_id and enrichments.document_type = jobs.document_type
      and enrichments.state in (${sql.join(statesBefore("claim"))})
    returning lease_ref`,
);

/** Leases jobs and marks their enrichments. Those whose enrichment is not wanted any more are cancelled instead. */
export const leaseJobs = async (
  tx: Tx,
  { ids, target }: { readonly ids: readonly number[]; readonly target: ServedTarget },
  { owner, leaseMs, now }: { readonly owner: string; readonly leaseMs: number; readonly now: number },
): Promise<readonly ClaimedJob[]> => {
  const { providerKey } = target;
  const chosen = JSON.stringify(ids);
  const rows = await lease.all(tx, { ids: chosen, providerKey, owner, until: now + leaseMs });
  const marked = await markEnrichments.all(tx, { ids: chosen, now });
  const claimed = rows.toSorted(byOrder).map((row) => claimedJobOf(row, target));
  const held = new Set(marked.map(({ lease_ref: ref }) => ref));
  const unwanted = claimed.filter(({ ref }) => !held.has(ref)).map(({ id }) => id);
  if (unwanted.length > 0) await cancelUnwanted(tx, unwanted, now);
  return claimed.filter(({ ref }) => held.has(ref));
};

const cancelUnwanted = async (tx: Tx, ids: readonly number[], now: number): Promise<void> => {
  await tx
    .updateTable("jobs")
    .set({ ...NO_LEASE, state: "cancelled", error_code: "CANCELLED", finished_at: now })
    .where("id", "in", listOf(ids))
    .execute();
};

/** Jobs that somebody waits for: no circuit, pause or limit holds them back, and the first target serves. */
const claimNamed = async (
  tx: Tx,
  { serve, only = [], ...options }: ClaimOptions,
  now: number,
): Promise<readonly ClaimedJob[]> => {
  const waiting = await tx
    .selectFrom("jobs")
    .select(["id", "kind", "route"])
    .where("id", "in", listOf(only))
    .where("state", "=", "available")
    .orderBy("id")
    .execute();
  const claimed: ClaimedJob[] = [];
  for (const { id, kind, route } of waiting) {
    const target = serve.find((candidate) => candidate.kind === kind && candidate.route === route);
    if (target === undefined || claimed.length >= options.limit) continue;
    claimed.push(...(await leaseJobs(tx, { ids: [id], target }, { ...options, now })));
  }
  return claimed;
};

/** Each round takes at least one job out of the queue: it ends. */
const claimNext = async (tx: Tx, options: ClaimOptions, now: number): Promise<readonly ClaimedJob[]> => {
  const { isIdle, probe } = options;
  const tried = probe === undefined || probe.mayRepeat ? undefined : await openSince(tx, probe.providerKey);
  const conditions = { now, mostCrashes: isIdle ? ANY : 0, tried: tried ?? ANY };
  for (;;) {
    const choice = await choose(tx, options, conditions);
    if (choice === undefined) return [];
    const { head, target, limit } = choice;
    const isSuspect = head.crashes > 0;
    // Read first: a statement that picks rows of the index it changes costs several times as much.
    const { kind, route } = head;
    const rows = await next.all(tx, { ...conditions, mostCrashes: isSuspect ? ANY : 0, kind, route, limit });
    const ids = rows.map(({ id }) => id);
    const claimed = await leaseJobs(tx, { ids, target }, { ...options, now });
    if (claimed.length > 0) return claimed;
  }
};

const openSince = async (tx: Tx, providerKey: string): Promise<number | undefined> => {
  const row = await tx
    .selectFrom("provider_state")
    .select("unavailable_since")
    .where("provider_key", "=", providerKey)
    .executeTakeFirst();
  return row?.unavailable_since ?? undefined;
};

/** Part of a transaction. */
export const claimJobs = (tx: Tx, options: ClaimOptions, now: number): Promise<readonly ClaimedJob[]> => {
  if (options.serve.length === 0 || options.limit <= 0) return Promise.resolve([]);
  return options.only === undefined ? claimNext(tx, options, now) : claimNamed(tx, options, now);
};
