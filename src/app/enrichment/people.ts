/** The people's side of enrichment: reviewing, standing watches, events, requests in words. */
import { join } from "node:path";
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { Clock } from "../../clock.ts";
import type { Config } from "../../config.ts";
import type { Logger } from "../../logger.ts";
import type { Search } from "../../search/types.ts";
import type { AskApi } from "./ask.ts";
import { createAskApi, createFinder } from "./ask.ts";
import { EVENTS_FOLDER, exportCalendar } from "./calendar-files.ts";
import type { EnrichmentApi } from "./enrichment-api.ts";
import type { EventApi } from "./events.ts";
import { createEventApi } from "./events.ts";
import type { EnrichmentKinds } from "./kind-types.ts";
import type { ReviewApi } from "./review-api.ts";
import { createReviewApi } from "./review-api.ts";
import type { EnrichmentTargets } from "./target-types.ts";
import { createWebhookDelivery } from "./webhook.ts";
import type { Companion } from "./worker.ts";

export interface PeopleApis {
  readonly review: ReviewApi;
  readonly events: EventApi;
  readonly ask: AskApi["ask"];
  readonly interpret: AskApi["interpret"];
}

export interface PeopleDeps {
  readonly config: Config;
  readonly catalogue: () => Promise<Catalogue>;
  readonly kinds: () => Promise<EnrichmentKinds>;
  readonly targets: () => Promise<EnrichmentTargets>;
  readonly clock: Clock;
  readonly library: Pick<Search, "search">;
  readonly enrichment: EnrichmentApi;
  /** Readers' columns or tags have changed. */
  readonly onChange: () => void;
}

export const createPeopleApis = (deps: PeopleDeps): PeopleApis => {
  const { config, library } = deps;
  const search: Search["search"] = (request, signal) => library.search(request, signal);
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const asking = createAskApi({ ...deps, search, timeZone });
  return {
    review: createReviewApi({ ...deps, dataFolder: config.general.data_dir, find: createFinder(search) }),
    events: createEventApi(deps.catalogue),
    ask: asking.ask,
    interpret: asking.interpret,
  };
};

/** What goes on beside a worker: the webhook, and calendar files that a crash has left unwritten. */
export const peopleCompanions = ({
  config,
  kinds,
  clock,
  logger,
}: {
  readonly config: Config;
  readonly kinds: () => Promise<EnrichmentKinds>;
  readonly clock: Clock;
  readonly logger: Logger;
}): readonly Companion[] => {
  const { url, secret } = config.events.webhook;
  const folder = join(config.general.data_dir, EVENTS_FOLDER);
  return [
    {
      name: "calendar files",
      run: async ({ calendar }) => {
        await exportCalendar({ calendar, clock }, folder);
      },
    },
    ...(url === undefined
      ? []
      : [
          {
            name: "webhook",
            run: async (catalogue: Catalogue, signal: AbortSignal) => {
              const delivery = createWebhookDelivery({
                catalogue,
                kinds: await kinds(),
                address: { url, secret },
                clock,
                logger,
              });
              await delivery.run(signal);
            },
          },
        ]),
  ];
};
