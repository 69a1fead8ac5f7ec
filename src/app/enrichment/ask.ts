/**
 * A request in a person's own words. A model reads what is meant, code decides what follows from it: a search runs,
 * everything else becomes something that waits for a yes, and what is left open is asked back.
 */
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { SubjectText } from "../../catalogue/subject-repository.ts";
import { createUlid } from "../../catalogue/transaction.ts";
import type { Clock } from "../../clock.ts";
import type { UserRequest } from "../../enrichment/inputs.ts";
import type { MissingSlot, ProposedAction, SearchAction } from "../../enrichment/intent-mapping.ts";
import { mapIntent } from "../../enrichment/intent-mapping.ts";
import { intentContentSchema } from "../../enrichment/kinds/intent.ts";
import { InvalidInputError } from "../../errors.ts";
import { JobFailure } from "../../jobs/failure.ts";
import { resolvePhoto } from "../../search/show-photo.ts";
import type { Search, SearchReply, SearchRequest } from "../../search/types.ts";
import type { EnrichmentApi } from "./enrichment-api.ts";
import type { EnrichmentKinds } from "./kind-types.ts";
import { localOnlyPhotos } from "./photo-routes.ts";
import { bodyOf } from "./review-items.ts";

/** Characters of a request with its answers. */
const MAX_REQUEST = 2000;
const NAMED_PHOTOS = 20;
/** What a model is told of a photo that must not leave this machine, or has no title. */
const UNNAMED_PHOTO = "a photo";

export interface AskRequest {
  readonly text: string;
  /** Ids or absolute paths of the photos it is about. */
  readonly photos: readonly string[];
  /** Questions that were asked back, with the answers, oldest first. */
  readonly answered?: readonly { readonly question: string; readonly answer: string }[];
}

/** What cannot be done before it is answered. */
export interface AskedBack {
  readonly answer: "question";
  readonly question: string;
  /** To choose from; empty = any answer may come. */
  readonly options: readonly string[];
  readonly missing: readonly MissingSlot[];
}

export type AskAnswer =
  | { readonly answer: "search"; readonly action: SearchAction; readonly reply: SearchReply }
  /** It waits: confirm or discard it by its id, as anything under review. */
  | { readonly answer: "proposal"; readonly id: string; readonly action: ProposedAction }
  | AskedBack;

/** What a request means, before anything follows from it. */
export type Interpretation = { readonly answer: "action"; readonly action: SearchAction | ProposedAction } | AskedBack;

export interface AskApi {
  /** Like `ask`; nothing is searched or proposed. */
  readonly interpret: (request: AskRequest, signal: AbortSignal) => Promise<Interpretation>;
  /** @throws InvalidInputError, NotFoundError for unknown photos, ConfigError without a usable provider */
  readonly ask: (request: AskRequest, signal: AbortSignal) => Promise<AskAnswer>;
}

export interface AskDeps {
  readonly catalogue: () => Promise<Catalogue>;
  readonly kinds: () => Promise<EnrichmentKinds>;
  readonly enrichment: Pick<EnrichmentApi, "plan" | "now" | "view">;
  readonly search: Search["search"];
  readonly clock: Clock;
  /** The asker's, IANA. */
  readonly timeZone: string;
}

/** `2026-03-04T09:30` on the clocks of the zone. */
export const localTime = (now: number, timeZone: string): string =>
  new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "short" }).format(now).replace(" ", "T");

/** Photos have no kind of picture to filter by: it is looked for like any word. */
const termsOf = ({ query, filters: { sourceType } }: SearchAction): SearchRequest["terms"] => {
  const words = [query, sourceType === undefined || sourceType === "PHOTO" ? "" : sourceType.toLowerCase()];
  const text = words.filter((part) => part.trim() !== "").join(" ");
  return text === "" ? [] : [{ source: { kind: "text", text }, weight: 1 }];
};

export const searchRequestOf = (action: SearchAction): SearchRequest => {
  const { takenFrom, takenTo, tags, folder } = action.filters;
  return {
    terms: termsOf(action),
    filters: {
      from: takenFrom,
      to: takenTo,
      tags,
      folders: folder === undefined ? undefined : [folder],
    },
  };
};

/** Content hashes of what matches well, best first; every photo that passes where there are only filters. */
export const createFinder =
  (search: Search["search"]) =>
  async (action: SearchAction, limit: number, signal: AbortSignal): Promise<readonly string[]> => {
    const { hits, mode } = await search({ ...searchRequestOf(action), limit }, signal);
    return hits.filter(({ match }) => mode === "browse" || match === "good").map(({ photo }) => photo.contentHash);
  };

const textOf = ({ text, answered = [] }: AskRequest): string => {
  const whole = [text, ...answered.map(({ question, answer }) => `${question} ${answer}`)].join("\n").trim();
  if (whole.length > 0 && whole.length <= MAX_REQUEST) return whole;
  throw new InvalidInputError(`Expected a request of 1 to ${MAX_REQUEST} characters, received ${whole.length}.`);
};

const titlesOf = async (deps: AskDeps, contentHashes: readonly string[]): Promise<readonly string[]> => {
  const catalogue = await deps.catalogue();
  const local = await localOnlyPhotos(catalogue, await deps.kinds(), contentHashes);
  const named = contentHashes.slice(0, NAMED_PHOTOS);
  const summaries = new Map((await catalogue.search.summaries(named)).map((photo) => [photo.contentHash, photo]));
  return named.map((hash) => (local.has(hash) ? undefined : summaries.get(hash)?.title) ?? UNNAMED_PHOTO);
};

/** One document of an interactive kind, made now. */
const askModel = async (
  { enrichment }: AskDeps,
  kind: "intent" | "followup",
  { scopeId, text, signal }: { readonly scopeId: string; readonly text: SubjectText; readonly signal: AbortSignal },
) => {
  const texts = new Map([[scopeId, text]]);
  const plan = await enrichment.plan({ command: "ask", kind, scopes: { texts }, wanted: "missing" });
  if (plan.heldBack > 0) {
    throw new InvalidInputError(
      "Expected photos that a language model may be told of, received one that must stay here.",
      {
        hint: "It lies in a folder with local_only, and no language model runs on this machine: ask without that photo, or set up one with --llm ollama.",
      },
    );
  }
  await enrichment.now(plan, { signal });
  signal.throwIfAborted();
  const { document, error } = await enrichment.view({ scopeId, documentType: kind });
  if (document !== undefined) return bodyOf(document.content);
  throw new JobFailure(
    { class: "unavailable", code: error?.code ?? "LLM_API_ERROR" },
    { hint: 'Try again; "photon llm status" shows whether the language model can be reached.' },
  );
};

const storeProposal = async (catalogue: Catalogue, requestId: string, action: ProposedAction): Promise<string> => {
  if (action.action !== "propose-reminder") return catalogue.proposals.add(requestId, action);
  const { title, startsAt, timeZone: timezone, note, photos } = action;
  return catalogue.calendar.addReminder({ requestId, title, startsAt, timezone, note, photos });
};

interface Interpreted {
  readonly requestId: string;
  readonly meaning: Interpretation;
}

const interpret = async (deps: AskDeps, given: AskRequest, signal: AbortSignal): Promise<Interpreted> => {
  const { clock, timeZone } = deps;
  const catalogue = await deps.catalogue();
  const photos: string[] = [];
  for (const photo of given.photos) photos.push(await resolvePhoto(catalogue.search, photo));
  const now = clock.now();
  const scopeId = `req:${createUlid(now)}`;
  const request: UserRequest = {
    text: textOf(given),
    now: localTime(now, timeZone),
    timeZone,
    photoTitles: await titlesOf(deps, photos),
  };
  const text = { type: "request" as const, request, contentHashes: photos };
  const body = await askModel(deps, "intent", { scopeId, text, signal });
  if (body.status === "needs_clarification") {
    const question = String(body["question"]);
    return { requestId: scopeId, meaning: { answer: "question", question, options: [], missing: ["intent"] } };
  }
  const action = mapIntent(intentContentSchema.parse(body), { photos, timeZone });
  if (action.action !== "ask") return { requestId: scopeId, meaning: { answer: "action", action } };
  const { missing } = action;
  const open = { ...text, request: { ...request, missing } };
  const { question, options = [] } = await askModel(deps, "followup", { scopeId, text: open, signal });
  const choices = options as readonly string[]; // as followup stores them
  return {
    requestId: scopeId,
    meaning: { answer: "question", question: String(question), options: choices, missing },
  };
};

const ask = async (deps: AskDeps, given: AskRequest, signal: AbortSignal): Promise<AskAnswer> => {
  const { requestId, meaning } = await interpret(deps, given, signal);
  if (meaning.answer === "question") return meaning;
  const { action } = meaning;
  if (action.action === "search") {
    return { answer: "search", action, reply: await deps.search(searchRequestOf(action), signal) };
  }
  return { answer: "proposal", id: await storeProposal(await deps.catalogue(), requestId, action), action };
};

export const createAskApi = (deps: AskDeps): AskApi => ({
  interpret: async (request, signal) => (await interpret(deps, request, signal)).meaning,
  ask: (request, signal) => ask(deps, request, signal),
});
