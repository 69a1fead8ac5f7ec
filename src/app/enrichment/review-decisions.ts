/** Confirming and discarding. Each decision stands by itself; one that cannot be carried out does not stop the others. */
import { isReading } from "../../catalogue/document-changes.ts";
import type { CalendarEvent } from "../../catalogue/calendar-repository.ts";
import type { EnrichmentKey } from "../../catalogue/document-repository.ts";
import { applyDocument } from "../../enrichment/apply-document.ts";
import { parseDocumentType } from "../../enrichment/scope.ts";
import { InvalidInputError, isAbort, PhotonError } from "../../errors.ts";
import type { CarryOutDeps, Done } from "./carry-out.ts";
import { carryOut } from "./carry-out.ts";
import type { ReviewReference } from "./review-api.ts";
import type { ReviewTarget } from "./review-items.ts";
import { bodyOf, findTarget } from "./review-items.ts";

export type Decision = "confirm" | "discard";

export interface Decided {
  /** As it was given. */
  readonly id: string;
  /** What was decided about; undefined when it was not found. */
  readonly about: ReviewTarget["type"] | undefined;
  /** Of a confirmed proposal. */
  readonly done?: Done;
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string | undefined };
}

type Target<Type extends ReviewTarget["type"]> = Extract<ReviewTarget, { readonly type: Type }>;

const alreadyDecided = (what: string): InvalidInputError =>
  new InvalidInputError(`Expected ${what} that waits for a decision, received one that was decided before.`, {
    hint: '"photon review list" shows what waits.',
  });

/** @param chosen ordinals of the calendar entries; undefined = all */
const confirmResult = async (
  { catalogue, kinds }: CarryOutDeps,
  key: EnrichmentKey,
  { documentId, chosen }: { readonly documentId: string | undefined; readonly chosen?: readonly number[] },
): Promise<void> => {
  const history = await catalogue.documents.history(key);
  const document = history.find((version) => version.documentId === documentId);
  if (document === undefined) {
    throw new InvalidInputError("Expected a result to confirm, received an enrichment without one.", {
      hint: '"photon review list" shows what waits.',
    });
  }
  const body = bodyOf(document.content);
  if (body.status === "needs_clarification") {
    throw new InvalidInputError("Expected a result to confirm, received a question of the model.", {
      hint: 'Write the result yourself with "photon review edit", or discard it.',
    });
  }
  const { kind } = kinds.get(parseDocumentType(key.documentType).kind);
  const { scopeId } = key;
  await catalogue.documents.confirm(key, document.documentId, [
    ...applyDocument(kind, body, { scopeId, confirmed: false }).filter(isReading),
    ...applyDocument(kind, body, { scopeId, confirmed: true, ...(chosen === undefined ? {} : { chosen }) }),
  ]);
};

/** All versions go; the one that was shown must still be the newest. */
const discardResult = async (
  { catalogue }: CarryOutDeps,
  key: EnrichmentKey,
  shown: string | undefined,
): Promise<void> => {
  const current = (await catalogue.documents.enrichment(key))?.documentId;
  if (shown !== current) throw alreadyDecided("the newest version of a result");
  await catalogue.documents.discard(key);
};

/** The result an event belongs to, while it waits itself. */
const waitingResult = async ({ catalogue }: CarryOutDeps, { documentId }: CalendarEvent) => {
  const key = documentId === undefined ? undefined : await catalogue.reviews.keyOf(documentId);
  if (key === undefined) return undefined;
  const state = await catalogue.documents.enrichment(key);
  return state?.state === "READY_TO_CONFIRM" && state.documentId === documentId ? key : undefined;
};

/** An event of a result that waits confirms the result, with the events that were named alone. */
const confirmEvents = async (deps: CarryOutDeps, events: readonly CalendarEvent[]): Promise<void> => {
  const [first] = events;
  if (first === undefined) return;
  const result = await waitingResult(deps, first);
  if (result !== undefined) {
    const chosen = events.map(({ ordinal }) => ordinal);
    await confirmResult(deps, result, { documentId: first.documentId, chosen });
    return;
  }
  for (const { id } of events) {
    if (!(await deps.catalogue.calendar.decide(id, "CONFIRMED"))) throw alreadyDecided("an event");
  }
};

/** With its last event a result is discarded too: nothing of it is left to confirm. */
const discardEvent = async (deps: CarryOutDeps, event: CalendarEvent): Promise<void> => {
  const { calendar, documents } = deps.catalogue;
  if (!(await calendar.decide(event.id, "DISCARDED"))) throw alreadyDecided("an event");
  const result = await waitingResult(deps, event);
  if (result === undefined || event.documentId === undefined) return;
  const left = (await calendar.ofDocument(event.documentId)).some(({ state }) => state === "PENDING");
  if (!left) await documents.discard(result);
};

/** Carried out first: a crash in between leaves it waiting, and every action may be carried out twice. */
const decideProposal = async (
  deps: CarryOutDeps,
  { proposal }: Target<"proposal">,
  decision: Decision,
): Promise<Done | undefined> => {
  if (proposal.state !== "PENDING") throw alreadyDecided("a proposal");
  const done = decision === "confirm" ? await carryOut(deps, proposal.action) : undefined;
  await deps.catalogue.proposals.decide(proposal.id, decision === "confirm" ? "CONFIRMED" : "DISCARDED");
  return done;
};

const decideOne = async (
  deps: CarryOutDeps,
  target: Target<"result"> | Target<"proposal">,
  decision: Decision,
): Promise<Done | undefined> => {
  if (target.type === "proposal") return decideProposal(deps, target, decision);
  const { key, documentId } = target;
  if (decision === "discard") await discardResult(deps, key, documentId);
  else await confirmResult(deps, key, { documentId });
  return undefined;
};

const failed = (error: unknown): NonNullable<Decided["error"]> => {
  if (!(error instanceof PhotonError) || isAbort(error)) throw error;
  return { code: error.code, message: error.message, hint: error.hint };
};

interface FoundEvent {
  readonly id: string;
  readonly event: CalendarEvent;
}

const decideEvents = async (
  deps: CarryOutDeps,
  found: readonly FoundEvent[],
  decision: Decision,
): Promise<readonly Decided[]> => {
  const about = "event" as const;
  const decided: Decided[] = [];
  const groups = Map.groupBy(found, ({ event }) =>
    decision === "confirm" ? (event.documentId ?? event.id) : event.id,
  );
  for (const group of groups.values()) {
    const events = group.map(({ event }) => event);
    const work =
      decision === "confirm"
        ? confirmEvents(deps, events)
        : Promise.all(events.map((event) => discardEvent(deps, event)));
    const error = await work.then(() => undefined, failed);
    decided.push(...group.map(({ id }) => ({ id, about, ...(error === undefined ? {} : { error }) })));
  }
  return decided;
};

/** In the order given, events after the others. */
export const decide = async (
  deps: CarryOutDeps,
  references: readonly ReviewReference[],
  decision: Decision,
): Promise<readonly Decided[]> => {
  const decided: Decided[] = [];
  const events: FoundEvent[] = [];
  for (const { id, documentType } of references) {
    deps.signal.throwIfAborted();
    let about: Decided["about"];
    try {
      const target = await findTarget(deps.catalogue, id, documentType);
      about = target.type;
      if (target.type === "event") events.push({ id, event: target.event });
      else {
        const done = await decideOne(deps, target, decision);
        decided.push({ id, about, ...(done === undefined ? {} : { done }) });
      }
    } catch (error) {
      decided.push({ id, about, error: failed(error) });
    }
  }
  return [...decided, ...(await decideEvents(deps, events, decision))];
};
