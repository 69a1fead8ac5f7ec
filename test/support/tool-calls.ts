/** Calls of tools through real clients, and a small library to call them on. */
import type { z } from "zod";
import { expect } from "vitest";
import type { PhotoUpdate } from "../../src/catalogue/photo-row.ts";
import type { AdministrationApi } from "../../src/library/administration.ts";
import type { CaptureTime, PhotoMetadata } from "../../src/photo/types.ts";
import { tools } from "../../tools/tools.ts";
import type { EnrichmentLibrary } from "./enrichment-library.ts";
import { createEnrichmentLibrary } from "./enrichment-library.ts";
import type { Era, InProcessClient, ServerOptions, TestClient } from "./mcp.ts";
import { connectInProcess } from "./mcp.ts";
import { openPhoton } from "./open-photon.ts";
import { photoBytes } from "./photos.ts";

type Arguments = Readonly<Record<string, unknown>>;

export const callTool = ({ client }: Pick<TestClient, "client">, name: string, given: Arguments = {}) =>
  client.callTool({ name, arguments: given });

/** Text blocks of a result. */
export const textsOf = ({ content }: { readonly content: readonly object[] }): readonly string[] =>
  content.flatMap((block) => ("text" in block && typeof block.text === "string" ? [block.text] : []));

/**
 * Data of a call that succeeds, checked against the tool's own promise and against the full schema of its rows.
 * The text of the result is the same data.
 */
export const callData = async <Schema extends z.ZodType>(
  served: Pick<TestClient, "client">,
  name: string,
  { given = {}, schema }: { readonly given?: Arguments; readonly schema: Schema },
): Promise<z.output<Schema>> => {
  const result = await callTool(served, name, given);
  expect(textsOf(result).join("\n"), name).not.toBe("");
  expect(result.isError, textsOf(result).join("\n")).not.toBe(true);
  const { output } = tools.find((tool) => tool.name === name) ?? {};
  const promised = output?.safeParse(result.structuredContent);
  expect(promised?.error).toBeUndefined();
  const data = schema.parse(result.structuredContent);
  expect(JSON.parse(textsOf(result)[0] ?? "")).toEqual(result.structuredContent);
  return data;
};

/** What a call that fails tells. */
export const callError = async (
  served: Pick<TestClient, "client">,
  name: string,
  given: Arguments = {},
): Promise<string> => {
  const result = await callTool(served, name, given);
  expect(result.isError, JSON.stringify(result.structuredContent ?? result.content).slice(0, 500)).toBe(true);
  return textsOf(result).join("\n");
};

export interface ToolLibrary extends AsyncDisposable {
  readonly library: EnrichmentLibrary;
  readonly served: InProcessClient;
  /** Shown id of a photo by the name of its file. */
  readonly id: (name: string) => string;
  readonly hash: (name: string) => string;
  /** Brings the index up to date. */
  readonly index: () => Promise<void>;
}

const photo = (merged: PhotoMetadata): Partial<PhotoUpdate> => ({
  size: { width: 160, height: 107, orientation: 1 },
  metadata: { merged, exif: {} },
});

const at = (local: string, offset?: string): CaptureTime => (offset === undefined ? { local } : { local, offset });

/** Some photos with metadata, findable by words and filters; the library has no embedding model. */
const PHOTOS: readonly (readonly [string, PhotoMetadata])[] = [
  [
    "2024/Beach trip/sea.jpg",
    {
      capturedAt: at("2024-07-01T10:00:00", "+02:00"),
      caption: "The sea in the morning",
      keywords: ["beach", "sea"],
      gps: { latitude: 43.712345, longitude: 7.261234, altitude: 3 },
      cameraMake: "NIKON",
      cameraModel: "D750",
      lens: "50 mm",
      iso: 100,
    },
  ],
  [
    "2024/Beach trip/sand.jpg",
    { capturedAt: at("2024-07-02T11:30:00"), title: "Sand castle", keywords: ["beach"], cameraMake: "NIKON" },
  ],
  ["2023/Garden/rose.jpg", { capturedAt: at("2023-05-05T09:00:00"), keywords: ["rose"], rating: 5 }],
  ["undated.jpg", { keywords: ["beach", "rose"] }],
];

export interface ToolLibraryOptions extends ServerOptions {
  readonly era?: Era;
  /** Lines of config.toml; without them there is no language model. */
  readonly config?: string;
}

export const createToolLibrary = async (options: ToolLibraryOptions = {}): Promise<ToolLibrary> => {
  const { config = "", ...serving } = options;
  const opened = new AsyncDisposableStack();
  const library = opened.use(await createEnrichmentLibrary({ config, photosFolder: "Pictures" }));
  const hashes = new Map<string, string>();
  for (const [place, [name, metadata]] of PHOTOS.entries()) {
    hashes.set(name, await library.addPhoto(name, await photoBytes(place + 1), photo(metadata)));
  }
  const index = async (): Promise<void> => {
    await using photon: AdministrationApi & AsyncDisposable = openPhoton(library);
    await photon.rebuildIndex({ signal: new AbortController().signal });
  };
  await index();
  const served = opened.use(await connectInProcess(library, serving));
  const hash = (name: string): string =>
    [...hashes].find(([path]) => path.endsWith(name))?.[1] ?? `no photo is called ${name}`;
  return {
    library,
    served,
    id: (name) => hash(name).slice(0, 12),
    hash,
    index,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
};
