/** A process that delivers what is in the outbox to an address, until it is killed. */
import { createWebhookDelivery } from "../../../src/app/enrichment/webhook.ts";
import { openCatalogue } from "../../../src/catalogue/catalogue.ts";
import { systemClock as clock } from "../../../src/clock.ts";
import { silentLogger as logger } from "../../../src/logger.ts";

const [path = "", url = ""] = process.argv.slice(2);
const catalogue = await openCatalogue({ path });
const kinds = { isLocalOnly: () => false };
const address = { url, secret: undefined };
await createWebhookDelivery({ catalogue, kinds, address, clock, logger }).run(new AbortController().signal);
