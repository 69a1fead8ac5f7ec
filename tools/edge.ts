/** What the protocol side needs of everything else. Made once per process, outside of the server factory. */
import type { ToolContext, ToolSettings } from "./outcome.ts";
import type { Tool } from "./tool.ts";

/** Long work as Tasks show it; the id of a task is the id of the execution. */
export interface Job {
  readonly status: "working" | "completed" | "failed" | "cancelled";
  /** One line for people. */
  readonly statusMessage?: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly lastUpdatedAt: string;
  /** When completed: the result the call would have given, as the protocol has it. */
  readonly result?: Readonly<Record<string, unknown>>;
  /** When failed. */
  readonly error?: { readonly code: number; readonly message: string };
}

/** Any process that serves this library can answer: jobs are rows of the catalogue. */
export interface Jobs {
  readonly find: (id: string) => Promise<Job | undefined>;
  /** Without effect on what has ended. */
  readonly cancel: (id: string) => Promise<void>;
}

/** What resources and completions show of photos. */
export interface PhotoResources {
  readonly record: (id: string) => Promise<object | undefined>;
  /** JPEG, without metadata. */
  readonly thumbnail: (id: string) => Promise<Uint8Array | undefined>;
  /** Shown ids that begin so. */
  readonly idsLike: (prefix: string) => Promise<readonly string[]>;
  /** Tags and folder names that begin so. */
  readonly words: (prefix: string) => Promise<readonly string[]>;
  readonly folders: (prefix: string) => Promise<readonly string[]>;
}

export interface StatusFeed {
  readonly read: () => Promise<object>;
  /** Called when another process or this one changed the library, at most once a second. Returns what ends it. */
  readonly onChange: (listener: () => void) => () => void;
}

export interface Edge {
  /** Those that are served, in their order. */
  readonly tools: readonly Tool[];
  readonly settings: ToolSettings;
  readonly version: string;
  readonly instructions: string;
  readonly galleryHtml: () => Promise<string>;
  /** Settings with secrets masked. */
  readonly config: () => object;
  /** Of what the client returns to us; the same in every process on this library. */
  readonly stateKey: () => Promise<Uint8Array>;
  /** What a call is given beside what comes from its request. */
  readonly context: Omit<ToolContext, "client" | "reply" | "progress">;
  readonly jobs: Jobs;
  readonly photos: PhotoResources;
  readonly status: StatusFeed;
  /** Cause and next step; never a path outside the roots, a key or what a provider wrote. */
  readonly report: (error: unknown) => Promise<string>;
}
