/** `photon llm ledger`. */
import { z } from "zod";
import type { LedgerRow } from "../../catalogue/call-log.ts";
import { defineCommand, EXIT, flag, jsonFlag } from "../command.ts";
import { formatBytes, formatTable } from "../terminal.ts";

const ID_DIGITS = 12;
/** Rows whose columns are aligned together. */
const LOT = 200;

/** Local time to the second. */
const timeText = (at: number): string => new Date(at).toLocaleString("sv-SE");

const pictureText = ({ byteSize, width, height }: LedgerRow): string => {
  if (byteSize === undefined) return "";
  const size = width === undefined || height === undefined ? "" : `${width} × ${height}, `;
  return `${size}${formatBytes(byteSize)}`;
};

const rowText = (row: LedgerRow): readonly string[] => [
  timeText(row.sentAt),
  row.purpose,
  row.photo?.slice(0, ID_DIGITS) ?? "",
  `${row.provider} at ${row.host}${row.isLoopback ? " (this machine)" : ""}`,
  pictureText(row),
  row.fields.join(", "),
  row.outcome ?? "under way",
];

const HEAD = ["sent", "what for", "photo", "to", "picture", "data", "outcome"];

const jsonLine = (row: LedgerRow): string =>
  JSON.stringify({
    id: row.id,
    sent_at: new Date(row.sentAt).toISOString(),
    purpose: row.purpose,
    photo: row.photo ?? null,
    provider: row.provider,
    host: row.host,
    loopback: row.isLoopback,
    bytes_sha256: row.bytesSha256 ?? null,
    byte_size: row.byteSize ?? null,
    width: row.width ?? null,
    height: row.height ?? null,
    fields: row.fields,
    outcome: row.outcome,
  });

export const llmLedgerCommand = defineCommand({
  options: z.object({
    photo: flag("--photo <id>", z.string().optional(), "Only what was sent of this photo."),
    since: flag("--since <date>", z.string().optional(), "From this local date on: 2026, 2026-03, 2026-03-29."),
    json: jsonFlag,
  }),
  details:
    "One row for each request that left photon for a language model or the webhook, written before it left. Pictures themselves are not kept, only their SHA-256. With --json one line of JSON for each row. Rows are kept for 400 days, also of photos that have left the library.",
  examples: [
    { command: "photon llm ledger", does: "everything that was sent" },
    { command: "photon llm ledger --photo 3f2a9c81d0e4", does: "what was sent of one photo" },
    { command: "photon llm ledger --since 2026-03 --json", does: "since March, for programs" },
  ],
  async run({ photo, since, json }, { photon, stdout, stderr }, signal) {
    const { costs } = await photon();
    let lot: (readonly string[])[] = [HEAD.map((name) => stdout.style("dim", name))];
    let rows = 0;
    const flush = async (): Promise<void> => {
      await stdout.write(formatTable(lot));
      lot = [];
    };
    for await (const row of costs.ledger({ photo, since })) {
      signal.throwIfAborted();
      rows += 1;
      if (json) await stdout.line(jsonLine(row));
      else lot.push(rowText(row));
      if (lot.length >= LOT) await flush();
    }
    if (!json && rows > 0) await flush();
    if (rows === 0) await stderr.line("Nothing was sent.");
    return EXIT.done;
  },
});
