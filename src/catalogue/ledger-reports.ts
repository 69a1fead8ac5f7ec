/** Reads the privacy ledger. */
import type { Kysely, Selectable } from "kysely";
import type { LedgerQuery, LedgerRow } from "./call-log.ts";
import type { PrivacyLedgerTable } from "./enrichment-schema.ts";
import type { CatalogueSchema } from "./schema.ts";

const AFTER_HEX = "g";

const rowOf = (row: Selectable<PrivacyLedgerTable>): LedgerRow => ({
  id: row.id,
  purpose: row.purpose,
  photo: row.photo ?? undefined,
  provider: row.provider,
  host: row.host,
  isLoopback: row.loopback === 1,
  bytesSha256: row.bytes_sha256 ?? undefined,
  byteSize: row.byte_size ?? undefined,
  width: row.width ?? undefined,
  height: row.height ?? undefined,
  fields: JSON.parse(row.fields) as readonly string[], // written by ledgerRow
  sentAt: row.sent_at,
  outcome: row.outcome,
});

/** Oldest first. */
export const ledgerPage = async (
  database: Kysely<CatalogueSchema>,
  { photo, since, after = 0, limit }: LedgerQuery,
): Promise<readonly LedgerRow[]> => {
  const rows = await database
    .selectFrom("privacy_ledger")
    .selectAll()
    .where("id", ">", after)
    // A range, not `like`: the index serves it.
    .$if(photo !== undefined, (query) =>
      query.where("photo", ">=", photo ?? "").where("photo", "<", `${photo ?? ""}${AFTER_HEX}`),
    )
    .$if(since !== undefined, (query) => query.where("sent_at", ">=", since ?? 0))
    .orderBy("id")
    .limit(limit)
    .execute();
  return rows.map(rowOf);
};
