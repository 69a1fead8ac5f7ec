/** Says what was not asked, why, and what to do about it: queued is not failed. */
import type { PhotoEnrichment } from "../../app/enrichment/process-run-types.ts";
import type { Output } from "../terminal.ts";
import { formatPlural } from "../terminal.ts";
import type { ProcessFlags } from "./options.ts";
import type { Tally } from "./tally.ts";

const SEE_STATUS = 'See "photon llm status".';

export const sayWhatWaits = async (
  enrichment: PhotoEnrichment,
  { enrichment: { queued } }: Tally,
  { stderr, flags, signal }: { readonly stderr: Output; readonly flags: ProcessFlags; readonly signal: AbortSignal },
): Promise<void> => {
  const { availability } = enrichment;
  const { localOnly } = await enrichment.counts();
  if (localOnly > 0 && !flags.quiet) {
    await stderr.line(
      `photon: ${formatPlural(localOnly, "photo")} must stay on this machine and no language model runs on it; they are not described.`,
    );
  }
  if (queued === 0 || signal.aborted) return;
  if (availability !== "ready") return await stderr.line(`photon: ${availability.message(queued)}`);
  const jobs = `${formatPlural(queued, "enrichment job")} ${queued === 1 ? "stays" : "stay"} queued`;
  if (!flags.wait) {
    if (!flags.quiet) await stderr.line(`photon: ${jobs} for other photon processes. ${SEE_STATUS}`);
    return undefined;
  }
  const obstacle = await enrichment.obstacle();
  return await stderr.line(`photon: ${obstacle === undefined ? "" : `${obstacle.text}; `}${jobs}. ${SEE_STATUS}`);
};
