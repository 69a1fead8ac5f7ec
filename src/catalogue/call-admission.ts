/** Whether a request may leave, decided and written down in one transaction. */
import type { Kysely } from "kysely";
import type { Admission, AdmissionRules, BudgetLimit, NewCall } from "./call-log.ts";
import { callRow, insertCall, insertLedger, ledgerRow } from "./call-rows.ts";
import { rootOptionsOf } from "./root-options.ts";
import type { CatalogueSchema } from "./schema.ts";
import type { Given } from "./statement.ts";
import { givenList, statement } from "./statement.ts";
import type { Tx } from "./transaction.ts";
import { createUlid } from "./transaction.ts";

type Database = Kysely<CatalogueSchema>;

/** As in the triggers of llm_spending. */
const QUARTER_HOUR_MS = 900_000;

/** Micro-USD spent and held back since a moment that begins a quarter of an hour; null = ever. */
export const spentSince = async (database: Database, from: number | null): Promise<number> => {
  const { micros } = await database
    .selectFrom("llm_spending")
    .select((eb) => eb.fn.coalesce(eb.fn.sum<number>("micros"), eb.lit(0)).as("micros"))
    .$if(from !== null, (query) => query.where("quarter_hour", ">=", Math.floor((from ?? 0) / QUARTER_HOUR_MS)))
    .executeTakeFirstOrThrow();
  return micros;
};

/** Files of these photos in any state: a disk that is away keeps its folders' rules. */
const filesOfPhotos = statement((database, { hashes }: Given<{ hashes: string }>) =>
  database
    .selectFrom("files")
    .innerJoin("roots", "roots.id", "files.root_id")
    .select(["files.path", "roots.path as root", "roots.options"])
    .where("files.content_hash", "in", givenList<string>(hashes)),
);

const hasFileThatStays = async (
  tx: Tx,
  photos: readonly string[],
  mustStay: NonNullable<AdmissionRules["mustStay"]>,
): Promise<boolean> => {
  const rows = await filesOfPhotos.all(tx, { hashes: JSON.stringify(photos) });
  return rows.some(({ path, root, options }) =>
    mustStay({
      root: Buffer.from(root).toString("utf8"),
      path: Buffer.from(path).toString("utf8"),
      options: rootOptionsOf(options),
    }),
  );
};

/** The limits that the call would break. */
const brokenLimits = async (
  tx: Tx,
  limits: readonly BudgetLimit[],
  estimate: number,
): Promise<readonly BudgetLimit[]> => {
  const broken: BudgetLimit[] = [];
  for (const limit of limits) {
    if ((await spentSince(tx, limit.from)) + estimate > limit.micros) broken.push(limit);
  }
  return broken;
};

const latest = (limits: readonly BudgetLimit[]): number | null =>
  limits.some(({ until }) => until === null) ? null : Math.max(...limits.map(({ until }) => until ?? 0));

const refusalOf = async (tx: Tx, rules: AdmissionRules): Promise<Admission | undefined> => {
  const { photos, mustStay, estimateMicros, budget, refuseUnpriced } = rules;
  if (mustStay !== undefined && photos.length > 0 && (await hasFileThatStays(tx, photos, mustStay))) {
    return { admitted: false, reason: "local-only" };
  }
  if (budget.length === 0 || estimateMicros === 0) return undefined;
  if (estimateMicros === null && refuseUnpriced) return { admitted: false, reason: "unpriced" };
  const broken = await brokenLimits(tx, budget, estimateMicros ?? 0);
  return broken.length === 0 ? undefined : { admitted: false, reason: "budget", until: latest(broken) };
};

export interface Admitting {
  readonly call: NewCall;
  readonly rules: AdmissionRules;
  readonly owner: string;
  readonly now: number;
}

/** Part of a transaction. */
export const admit = async (tx: Tx, { call, rules, owner, now }: Admitting): Promise<Admission> => {
  const refusal = await refusalOf(tx, rules);
  if (refusal !== undefined) return refusal;
  const callId = createUlid(now);
  await insertCall(tx, {
    ...callRow(call, { callId, owner: rules.owner ?? owner, now }),
    reserved_micros: rules.estimateMicros ?? 0,
  });
  if (rules.ledger !== undefined) await insertLedger(tx, ledgerRow(callId, rules.ledger, now));
  return { admitted: true, callId };
};
