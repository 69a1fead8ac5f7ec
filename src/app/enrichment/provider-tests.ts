/**
 * How a worker finds out about providers without a photo of the user's: the health call, and the known-good picture that
 * tells a bad photo from a bad provider. Both are requests that leave, so both are in the ledger.
 */
import type { Availability, LanguageModel } from "../../../models/language/language-model.ts";
import type { CallLogRepository } from "../../catalogue/call-log.ts";
import type { CallJournal } from "../../enrichment/attempt.ts";
import { runAttempt } from "../../enrichment/call-runner.ts";
import type { EnrichmentInputs } from "../../enrichment/inputs.ts";
import type { KindRegistry } from "../../enrichment/kind-registry.ts";
import { takesImage } from "../../enrichment/prompts/assemble-inputs.ts";
import { isAbort } from "../../errors.ts";
import type { ProviderTests } from "../../jobs/handler.ts";
import type { ProviderImage, ProviderImageSettings } from "../../photo/provider-image.ts";
import { encodeProviderImage } from "../../photo/provider-image.ts";
import { testPictures } from "../../photo/test-pictures.ts";
import type { CallSubject } from "./journal.ts";
import { originOf, recordRequest } from "./ledger-entry.ts";
import type { EnrichmentTargets } from "./target-types.ts";

/** What canaries are booked on: no run has asked for them. */
const CANARY = "canary";
/** Of no photo: 64 zeros. */
const CANARY_SCOPE_ID = "0".repeat(64);

type Calls = Pick<CallLogRepository, "recordRequest" | "endRequest">;

/** Asks a model's server whether it is there, and writes the question into the ledger. */
export const askAvailability = async (
  calls: Calls,
  model: LanguageModel,
  signal: AbortSignal,
): Promise<Availability> => {
  const { provider, providerKey } = model;
  const end = await recordRequest(calls, { purpose: "health", provider, address: originOf(providerKey) });
  const availability = await model.isAvailable({ signal });
  await end(availability.ok ? "ok" : availability.failure.publicCode);
  return availability;
};

export interface ProviderTestDeps {
  readonly targets: EnrichmentTargets;
  readonly registry: KindRegistry;
  readonly calls: Calls;
  readonly openJournal: (subject: CallSubject) => CallJournal;
  readonly image: ProviderImageSettings;
  /** `llm.max_tokens` */
  readonly maxTokens: number;
}

const knownGoodPicture = (image: ProviderImageSettings): Promise<ProviderImage> => {
  const [picture] = testPictures();
  if (picture === undefined) throw new Error("There is at least one test picture.");
  return encodeProviderImage(picture.image, image);
};

const KNOWN_GOOD_TEXT: EnrichmentInputs = {
  scopeId: CANARY_SCOPE_ID,
  language: "en",
  caption: { text: "A green hill under a blue sky.", source: "photon" },
};

/** Models that see are asked about a picture, models of texts about a text. */
const runCanary = async (
  deps: ProviderTestDeps,
  { model, kind: asked }: { readonly model: LanguageModel; readonly kind: string },
  signal: AbortSignal,
): Promise<boolean> => {
  const { registry, openJournal, maxTokens } = deps;
  const sees = takesImage(registry.get(asked));
  const kind = registry.get(sees ? "image_tag" : "caption_clean");
  const picture = sees ? await knownGoodPicture(deps.image) : null;
  const inputs: EnrichmentInputs =
    picture === null
      ? KNOWN_GOOD_TEXT
      : { scopeId: CANARY_SCOPE_ID, language: "en", image: { width: picture.width, height: picture.height } };
  const prompt = kind.buildPrompt(inputs);
  const { promptVersion, temperature } = kind;
  const { fields } = prompt;
  const journal = openJournal({ purpose: CANARY, executionId: CANARY, stepId: CANARY, promptVersion, fields });
  const image = picture === null ? null : { mime: picture.mime, bytes: picture.bytes };
  const task = { kind, inputs, prompt, image, temperature: temperature.default, maxTokens };
  const result = await runAttempt({ ...task, firstAttempt: true, maxReAsks: 1 }, { model, journal, signal });
  return result.ok;
};

export const createProviderTests = (deps: ProviderTestDeps): ProviderTests => {
  const { targets, calls } = deps;
  return {
    health: async (providerKey, signal) => {
      const target = targets.serve.find((served) => served.providerKey === providerKey);
      if (target === undefined) return { ok: false };
      const availability = await askAvailability(calls, targets.model(providerKey, target.model), signal);
      signal.throwIfAborted();
      if (availability.ok) return { ok: true };
      const { retryAfterMs } = availability.failure;
      return { ok: false, ...(retryAfterMs === null ? {} : { retryAfterMs }) };
    },
    canary: async ({ providerKey, model, kind }, signal) => {
      try {
        return await runCanary(deps, { model: targets.model(providerKey, model), kind }, signal);
      } catch (error) {
        if (isAbort(error) || signal.aborted) throw error;
        return false; // a budget or a failing call: it was not answered with a result
      }
    },
  };
};
