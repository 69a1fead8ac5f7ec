/** The descriptions that a call of `describe` makes: now, with notes on the way, a few at a time. */
import type { DescribeApi } from "../../src/app/enrichment/describe-now.ts";
import type { JobStep } from "../../src/enrichment/attempt.ts";
import type { ToolContext } from "../outcome.ts";
import type { ItemError, KnownPhoto } from "../photos/known-photos.ts";

/** Photos that one call describes. */
const MOST_AT_ONCE = 4;

export interface DescribedMissing {
  readonly errors: readonly ItemError[];
  readonly jobId: string | undefined;
  readonly notes: readonly string[];
}

const STEPS: Readonly<Record<JobStep, string>> = {
  "gathering-inputs": "gathering inputs",
  "calling-model": "calling LLM",
  "parsing-response": "parsing response",
};
const STEPS_PER_PHOTO = Object.keys(STEPS).length;

const BY_HAND = "Look at the photos with view_photos and write descriptions with annotate.";

/** Notes go out one after the other, and their number grows however often a call is made again. */
const createNotes = ({ progress, logger }: ToolContext, photos: number) => {
  let noted = 0;
  let sending = Promise.resolve();
  const send = async (before: Promise<void>, done: number, step: JobStep): Promise<void> => {
    await before;
    try {
      await progress(done, Math.max(done, photos * STEPS_PER_PHOTO), STEPS[step]);
    } catch (error) {
      logger.debug("A note on progress was lost.", { error: String(error) });
    }
  };
  return {
    step: (step: JobStep): void => {
      noted += 1;
      sending = send(sending, noted, step);
    },
    sent: (): Promise<void> => sending,
  };
};

const NOTHING: DescribedMissing = { errors: [], jobId: undefined, notes: [] };

export const describeMissing = async (
  photos: readonly KnownPhoto[],
  waitSeconds: number,
  { context, signal }: { readonly context: ToolContext; readonly signal: AbortSignal },
): Promise<DescribedMissing> => {
  const missing = photos.filter(({ photo }) => photo.described === undefined);
  if (missing.length === 0) return NOTHING;
  const library: DescribeApi = await context.photon();
  if (context.settings.provider === undefined || (await library.describeAvailability()) !== "ready") {
    return { ...NOTHING, notes: [`photon has no language model that it may ask. ${BY_HAND}`] };
  }
  const chosen = missing.slice(0, MOST_AT_ONCE);
  const notes = createNotes(context, chosen.length);
  const contentHashes = chosen.map(({ photo }) => photo.contentHash);
  const request = { contentHashes, waitSeconds, onStep: (_scope: string, step: JobStep) => notes.step(step) };
  const { executionId, unfinished, heldBack, failures } = await library.describeNow(request, signal);
  await notes.sent();
  const ids = new Map(chosen.map(({ id, photo }) => [photo.contentHash, id]));
  const left = missing.length - chosen.length;
  return {
    errors: failures.map(({ contentHash, code, message }) => ({ id: ids.get(contentHash) ?? "", code, message })),
    jobId: unfinished > 0 ? executionId : undefined,
    notes: [
      ...(unfinished > 0 ? [`${unfinished} are not done yet; get_enrichment with job_id tells when they are.`] : []),
      ...(left > 0
        ? [`${left} more have no description: call again for the next ${MOST_AT_ONCE}, or request_enrichment.`]
        : []),
      ...(heldBack > 0
        ? [`${heldBack} lie in a folder whose photos stay on this machine, where no language model runs. ${BY_HAND}`]
        : []),
    ],
  };
};
