/** The outbox for consumers: what happened, in order, at least once. */
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { StoredEvent } from "../../catalogue/event-repository.ts";
import { watchForChanges } from "./change-watch.ts";

const LOT = 500;

export interface EventsRequest {
  /** Goes on where this consumer stopped, and remembers how far it came. */
  readonly consumer?: string;
  /** Id of the last one that is known; goes before the consumer's place. Left out without a consumer = all that are kept. */
  readonly after?: number;
  /** Empty = all. */
  readonly types: readonly string[];
  /** Waits for more until the signal aborts. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

export interface EventApi {
  /** A consumer has seen an event when it asks for the next one. */
  readonly read: (request: EventsRequest) => AsyncGenerator<StoredEvent>;
}

async function* read(open: () => Promise<Catalogue>, request: EventsRequest): AsyncGenerator<StoredEvent> {
  const { consumer, types, follow, signal } = request;
  const { events, jobs } = await open();
  const ending = new AbortController();
  const changes = watchForChanges(jobs, AbortSignal.any([signal, ending.signal]));
  let after = request.after ?? (consumer === undefined ? 0 : await events.cursor(consumer));
  const remember = async (id: number): Promise<void> => {
    if (consumer !== undefined) await events.advance(consumer, id);
  };
  try {
    while (!signal.aborted) {
      const lot = await events.read({ after, types, limit: LOT });
      for (const event of lot) {
        yield event;
        after = event.id;
      }
      if (lot.length > 0) await remember(after);
      if (lot.length === LOT) continue;
      if (!follow) return;
      await changes.next();
    }
  } finally {
    ending.abort();
    await remember(after); // a consumer that stops in the middle
  }
}

export const createEventApi = (catalogue: () => Promise<Catalogue>): EventApi => ({
  read: (request) => read(catalogue, request),
});
