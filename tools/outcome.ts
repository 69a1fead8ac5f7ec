/** What tools are given and what they return. */
import type { Photon } from "../src/app.ts";
import type { Clock } from "../src/clock.ts";
import type { Config } from "../src/config.ts";
import type { Logger } from "../src/logger.ts";

export interface Picture {
  /** Number, id and caption: what remains when a client drops pictures. */
  readonly text: string;
  readonly jpeg?: Uint8Array;
  readonly link?: { readonly uri: string; readonly name: string };
}

export type ToolOutcome<Data> =
  | { readonly kind: "data"; readonly data: Data }
  /** `appData` is for the gallery and reaches no model. */
  | { readonly kind: "pictures"; readonly pictures: readonly Picture[]; readonly appData?: unknown }
  /** Long work that goes on: `data` names the job. A client that speaks Tasks gets a task while the job is working. */
  | { readonly kind: "job"; readonly jobId: string; readonly data: Data }
  /**
   * A question to the user. `digest` stands for exactly this question; the answer comes back through `context.reply`.
   * `otherwise` is the answer where no dialog works: a preview with a token, or the question itself.
   */
  | {
      readonly kind: "ask";
      readonly digest: string;
      readonly message: string;
      readonly expects: "yes" | "words";
      readonly otherwise: Data;
    };

/** Fixed for the life of the process. */
export interface ToolSettings {
  /** Tools that write are not there. */
  readonly readOnly: boolean;
  /** omit: results hold text only. */
  readonly images: "include" | "omit";
  /** Names of the only tools there are; left out = all. */
  readonly only?: readonly string[];
  /** Who writes enrichments; left out = nobody, also when `readOnly`. */
  readonly provider?: { readonly name: string; readonly leavesMachine: boolean };
}

/** Previews are confirmed with one: ten minutes, this library, exactly what was previewed. */
export interface ConfirmTokens {
  /** @param digest of tool, action and the exact set, see confirm-token.ts */
  readonly mint: (digest: string) => Promise<{ readonly token: string; readonly expiresAt: number }>;
  readonly fits: (token: string, digest: string) => Promise<boolean>;
}

export interface ToolContext {
  /** Name of the client, cleaned; what an assistant writes is stored under it. */
  readonly client: string;
  /** The user's answer to the question with this digest: yes, or words; undefined = not asked yet, or declined. */
  readonly reply: (digest: string) => true | string | undefined;
  /** A note to the client, when it asked for such; `done` must grow. */
  readonly progress: (done: number, total: number, message: string) => Promise<void>;
  /** The library, opened at the first call. Say what you need of it: `const search: Search = await context.photon()`. */
  readonly photon: () => Promise<Photon>;
  readonly config: Config;
  readonly settings: ToolSettings;
  readonly confirm: ConfirmTokens;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Of photon. */
  readonly version: string;
}
