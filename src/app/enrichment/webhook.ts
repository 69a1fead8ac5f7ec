/**
 * Delivery of the outbox to the configured address, in order. One process at a time delivers, by lease. An event is
 * tried five times; then it is passed over, so that one the receiver cannot take does not hold up all others.
 */
import { isLoopbackHost } from "../../../models/language/endpoint.ts";
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { StoredEvent } from "../../catalogue/event-repository.ts";
import type { Clock } from "../../clock.ts";
import { SECOND } from "../../clock.ts";
import { sendWebhook } from "../../enrichment/webhook.ts";
import { ConfigError } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import { holdRole } from "../hold-role.ts";
import { watchForChanges } from "./change-watch.ts";
import { isPrivateEvent } from "./event-privacy.ts";
import type { EnrichmentKinds } from "./kind-types.ts";
import { recordRequest } from "./ledger-entry.ts";

/** Before the second, third, fourth and fifth try. */
const DELAYS_MS = [SECOND, 5 * SECOND, 30 * SECOND, 300 * SECOND];
const LOT = 100;
export const WEBHOOK_CONSUMER = "webhook";
const ROLE = "webhook";
/** Between two looks at whether the role is free. */
const ROLE_PAUSE_MS = 5 * SECOND;
/** At the end of a process, for what happened last: one try each. */
const LAST_WORDS_MS = 3 * SECOND;
/** Changes of the library are for programs on this machine. */
const NOT_SENT = new Set(["photo_added", "photo_moved", "photo_edited", "photo_missing", "photo_restored"]);

export interface WebhookDeps {
  readonly catalogue: Catalogue;
  readonly kinds: Pick<EnrichmentKinds, "isLocalOnly">;
  readonly address: { readonly url: string; readonly secret: string | undefined };
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface WebhookDelivery {
  /** Delivers until the signal aborts; waits for its turn while another process does. */
  readonly run: (signal: AbortSignal) => Promise<void>;
}

/** @throws ConfigError */
const checkAddress = (url: string): URL => {
  const address = URL.canParse(url) ? new URL(url) : undefined;
  const isSafe = address?.protocol === "https:" || (address?.protocol === "http:" && isLoopbackHost(address.hostname));
  if (address !== undefined && isSafe && address.username === "" && address.password === "") return address;
  throw new ConfigError("Expected an https address, or http on this machine, for events.webhook.url.", {
    hint: "What is sent there names your photos' contents, so it is not sent unencrypted. User name and password do not belong into the address.",
  });
};

interface Receiver {
  readonly deps: WebhookDeps;
  readonly url: URL;
  readonly signal: AbortSignal;
}

/** The shape of the outbox's records. */
const bodyOf = ({ userId, type, content }: StoredEvent): string =>
  JSON.stringify({ user_id: userId, message_type: type, content });

const photoOf = ({ content }: StoredEvent): string | undefined => {
  const { scope_id: scopeId } = content;
  return typeof scopeId === "string" && /^[0-9a-f]{64}$/.test(scopeId) ? scopeId : undefined;
};

/** True when it arrived. Each try has its row in the ledger, written before it leaves. */
const tryOnce = async ({ deps, url, signal }: Receiver, event: StoredEvent): Promise<boolean> => {
  const { catalogue, address, logger } = deps;
  const body = bodyOf(event);
  const photo = photoOf(event);
  const end = await recordRequest(catalogue.calls, {
    purpose: "webhook",
    provider: "webhook",
    address: url.href,
    ...(photo === undefined ? {} : { photo }),
    fields: Object.keys(event.content),
  });
  let outcome = "unknown";
  try {
    const answer = await sendWebhook({ ...address, url: url.href }, { body, eventId: event.id }, signal);
    outcome = answer.ok ? "ok" : answer.code;
    if (!answer.ok) logger.warn("The webhook did not take an event.", { event: event.id, code: answer.code });
    return answer.ok;
  } finally {
    await end(outcome);
  }
};

const deliver = async (receiver: Receiver, event: StoredEvent): Promise<void> => {
  const { deps, signal } = receiver;
  const { catalogue, clock, logger } = deps;
  for (const delayMs of [0, ...DELAYS_MS]) {
    if (delayMs > 0) await clock.sleep(delayMs, signal);
    if (await tryOnce(receiver, event)) {
      await catalogue.events.markDelivered(event.id);
      return;
    }
  }
  logger.warn("The webhook was tried five times for an event, which is passed over now.", { event: event.id });
};

const isKept = async ({ deps, url }: Receiver, event: StoredEvent): Promise<boolean> =>
  NOT_SENT.has(event.type) || (!isLoopbackHost(url.hostname) && (await isPrivateEvent(deps, event)));

const nextLot = async ({ events }: Catalogue): Promise<readonly StoredEvent[]> =>
  events.read({ after: await events.cursor(WEBHOOK_CONSUMER), limit: LOT });

const deliverAll = async (receiver: Receiver): Promise<void> => {
  const { catalogue } = receiver.deps;
  for (let lot = await nextLot(catalogue); lot.length > 0; lot = await nextLot(catalogue)) {
    for (const event of lot) {
      receiver.signal.throwIfAborted();
      if (!(await isKept(receiver, event))) await deliver(receiver, event);
      await catalogue.events.advance(WEBHOOK_CONSUMER, event.id);
    }
  }
};

/** What does not get through now is for whoever delivers next. */
const deliverLastWords = async (receiver: Receiver): Promise<void> => {
  const { catalogue } = receiver.deps;
  for (const event of await nextLot(catalogue)) {
    if (!(await isKept(receiver, event))) {
      if (!(await tryOnce(receiver, event))) return;
      await catalogue.events.markDelivered(event.id);
    }
    await catalogue.events.advance(WEBHOOK_CONSUMER, event.id);
  }
};

/** As long as this process has the role. */
const deliverUntil = async (receiver: Receiver): Promise<void> => {
  const { deps, signal } = receiver;
  const changes = watchForChanges(deps.catalogue.jobs, signal);
  while (!signal.aborted) {
    await deliverAll(receiver);
    await changes.next();
  }
};

const run = async (deps: WebhookDeps, url: URL, signal: AbortSignal): Promise<void> => {
  const { catalogue, clock, logger } = deps;
  while (!signal.aborted) {
    await using role = await holdRole(catalogue.leases, ROLE, logger);
    if (role === undefined) {
      await clock.sleep(ROLE_PAUSE_MS, signal);
      continue;
    }
    try {
      await deliverUntil({ deps, url, signal });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    const lastWords = AbortSignal.timeout(LAST_WORDS_MS);
    await deliverLastWords({ deps, url, signal: lastWords }).catch((error: unknown) => {
      if (!lastWords.aborted) throw error;
    });
  }
};

/** @throws ConfigError for an address that must not be used */
export const createWebhookDelivery = (deps: WebhookDeps): WebhookDelivery => {
  const url = checkAddress(deps.address.url);
  return { run: (signal) => run(deps, url, signal) };
};
