/** What a job carries beside its columns: choices of whoever asked for it. Texts are kept apart, see subject-repository.ts. */
import { z } from "zod";

export const jobPayloadSchema = z.object({
  /** Ask the model anew although the result cache has an answer. */
  force: z.literal(true).optional(),
  /** May wait for a batch of the provider. */
  no_hurry: z.literal(true).optional(),
  /** Of `translate`: BCP 47, or `auto`. */
  source_language: z.string().max(35).optional(),
});
export type JobPayload = z.output<typeof jobPayloadSchema>;
