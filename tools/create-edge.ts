/** Everything the protocol side needs, wired to one library. Nothing is opened before a call needs it. */
import type { Photon } from "../src/app.ts";
import { once } from "../src/app/once.ts";
import { systemClock } from "../src/clock.ts";
import type { Clock } from "../src/clock.ts";
import type { Config } from "../src/config.ts";
import type { Logger } from "../src/logger.ts";
import { deriveKey, loadSecret, SEAL_FILE } from "./library-secret.ts";
import { mintToken, tokenFits } from "./confirm-token.ts";
import type { Edge } from "./edge.ts";
import { loadGallery } from "./gallery/load-gallery.ts";
import { readStatus } from "./get-status.ts";
import { instructions } from "./instructions.ts";
import { createJobs } from "./jobs.ts";
import type { ConfirmTokens } from "./outcome.ts";
import { createPhotoResources } from "./photo-resources.ts";
import { createReport } from "./report.ts";
import { servedTools } from "./served-tools.ts";
import { createNewsFeed } from "./status-feed.ts";
import { toolSettings } from "./tool-settings.ts";
import type { ToolFlags } from "./tool-settings.ts";
import { tools } from "./tools.ts";

export interface EdgeDeps {
  readonly config: Config;
  readonly logger: Logger;
  readonly version: string;
  readonly flags: ToolFlags;
  /** Opens the library; called at most once. */
  readonly openPhoton: () => Promise<Photon>;
  /** Settings as they may be shown. */
  readonly shownConfig: () => object;
  readonly clock?: Clock;
  /** When it aborts, nothing is watched any more. */
  readonly signal: AbortSignal;
}

const createConfirmTokens = (secret: () => Promise<string>, clock: Clock): ConfirmTokens => {
  const key = async (): Promise<Uint8Array> => deriveKey(await secret(), "confirm-token");
  return {
    mint: async (digest) => mintToken(await key(), digest, clock.now()),
    fits: async (token, digest) => tokenFits(await key(), token, { digest, now: clock.now() }),
  };
};

export const createEdge = (deps: EdgeDeps): Edge => {
  const { config, logger, version, flags, shownConfig, clock = systemClock, signal } = deps;
  const settings = toolSettings(config, flags);
  const news = createNewsFeed({ clock, signal });
  const photon = once(async () => {
    const opened = await deps.openPhoton();
    await news.start(opened);
    if (!settings.readOnly) await opened.lookForLeftWork();
    return opened;
  });
  const shownFolders = async (): Promise<readonly string[]> => {
    const roots = await (await photon.made())?.readableRoots();
    return roots === undefined ? [] : [...roots.added, ...roots.visited];
  };
  const secret = once(() => loadSecret(config.general.data_dir, SEAL_FILE));
  const confirm = createConfirmTokens(secret, clock);
  const context: Edge["context"] = { photon, config, settings, confirm, clock, logger, version };
  return {
    tools: servedTools(tools, settings),
    settings,
    version,
    instructions,
    galleryHtml: once(loadGallery),
    config: shownConfig,
    stateKey: async () => deriveKey(await secret(), "request-state"),
    context,
    jobs: createJobs(photon),
    photos: createPhotoResources(photon, signal),
    status: { read: () => readStatus(context), onChange: news.onChange },
    report: createReport({ shownFolders, logger }),
  };
};
