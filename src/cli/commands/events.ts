/** `photon events`. */
import { z } from "zod";
import type { EventApi } from "../../app/enrichment/events.ts";
import type { StoredEvent } from "../../catalogue/event-repository.ts";
import { isAbort } from "../../errors.ts";
import { defineCommand, EXIT, flag } from "../command.ts";

interface EventSource {
  readonly events: EventApi;
}

const lineOf = ({ id, userId, type, content, createdAt }: StoredEvent): string =>
  JSON.stringify({
    id,
    user_id: userId,
    message_type: type,
    content,
    created_at: new Date(createdAt).toISOString(),
  });

export const eventsCommand = defineCommand({
  options: z.object({
    follow: flag("--follow", z.boolean().default(false), "Wait for more until interrupted."),
    after: flag("--after <id>", z.int().min(0).optional(), "Only events after this one."),
    type: flag("--type <type>", z.array(z.string()).default([]), "Only this message type. Repeatable."),
    consumer: flag(
      "--consumer <name>",
      z.string().trim().min(1).max(100).optional(),
      "Go on where the consumer of this name stopped, and remember how far it came.",
    ),
  }),
  details:
    "One JSON object per line, oldest first: results, failures, what became of providers, matches of watches, appointments, changes of the library. Events are kept for 30 days. A consumer that was interrupted may get its last events again.",
  examples: [
    { command: "photon events --follow", does: "everything, as it happens" },
    { command: "photon events --after 120 --type event_confirmation", does: "appointments found since" },
    { command: "photon events --follow --consumer display", does: "each event once, also over restarts" },
  ],
  async run({ follow, after, type: types, consumer }, { photon, stdout }, signal) {
    const { events }: EventSource = await photon();
    const request = {
      follow,
      types,
      signal,
      ...(after === undefined ? {} : { after }),
      ...(consumer === undefined ? {} : { consumer }),
    };
    try {
      for await (const event of events.read(request)) await stdout.line(lineOf(event));
    } catch (error) {
      if (!isAbort(error)) throw error; // nobody reads any more, or Ctrl-C: what was printed is complete
    }
    return EXIT.done;
  },
});
