/** Which results a command is about. */
import { z } from "zod";
import type { ReviewApi, ReviewReference } from "../../app/enrichment/review-api.ts";
import type { ReviewRequest, ReviewResult } from "../../app/enrichment/review-items.ts";
import type { EnrichmentState } from "../../catalogue/enrichment-schema.ts";
import { InvalidInputError } from "../../errors.ts";
import type { CommandContext } from "../command.ts";
import { argument, flag } from "../command.ts";
import { createQueryReader } from "../search/options.ts";

const PAGE = 200;

export const idArgument = argument(
  "<id>",
  z.string(),
  "Id of a result as it is listed, or a photo (id or path), album:<id> or eml:<hash> with --kind.",
);

export const idsArgument = argument(
  "[id...]",
  z.array(z.string()).default([]),
  "Ids of results, events and proposals as they are listed, or photos with --kind.",
);

export const kindFlag = flag(
  "--kind <kind>",
  z.string().optional(),
  "Kind of the result, such as image_tag or translate:es.",
);

export const referenceOf = (
  id: string,
  kind: string | undefined,
  { workingDirectory }: Pick<CommandContext, "workingDirectory">,
): ReviewReference => ({
  id: createQueryReader(workingDirectory).fileAt(id) ?? id,
  ...(kind === undefined ? {} : { documentType: kind }),
});

export interface Selection {
  readonly ids: readonly string[];
  readonly kind?: string | undefined;
  readonly all: boolean;
  readonly execution?: string | undefined;
}

/** A failed result may have no id of its own. */
const referenceTo = ({ id, scopeId, documentType }: ReviewResult, state: EnrichmentState): ReviewReference =>
  id === undefined || state === "FAILED" ? { id: scopeId, documentType } : { id };

const listed = async (
  review: ReviewApi,
  request: Omit<ReviewRequest, "limit">,
): Promise<readonly ReviewReference[]> => {
  const references: ReviewReference[] = [];
  const [state = "READY_TO_CONFIRM"] = request.states;
  let next: ReviewRequest["after"];
  do {
    const page = await review.list({ ...request, limit: PAGE, ...(next === undefined ? {} : { after: next }) });
    const answers = page.results.filter(({ content }) => content?.status !== "needs_clarification");
    references.push(
      ...answers.map((result) => referenceTo(result, state)),
      ...page.events.map(({ id }) => ({ id })),
      ...page.proposals.map(({ id }) => ({ id })),
    );
    next = page.next;
  } while (next !== undefined);
  return references;
};

/** @throws InvalidInputError when nothing is named */
export const selectReferences = async (
  review: ReviewApi,
  { ids, kind, all, execution }: Selection,
  options: Pick<CommandContext, "workingDirectory"> & { readonly state: EnrichmentState },
): Promise<readonly ReviewReference[]> => {
  if (ids.length > 0) return ids.map((id) => referenceOf(id, kind, options));
  if (!all && execution === undefined) {
    throw new InvalidInputError("Expected ids, --all or --execution, received none of them.", {
      hint: '"photon review list" shows what waits, with ids.',
    });
  }
  return listed(review, {
    kinds: kind === undefined ? [] : [kind],
    states: [options.state],
    ...(execution === undefined ? {} : { executionId: execution }),
  });
};
