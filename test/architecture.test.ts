import { globSync, readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join, posix, sep } from "node:path";
import { expect, test } from "vitest";

const BASE = ["src/errors", "src/clock", "src/disk", "src/events", "src/logger", "src/config"];
const STORE = [...BASE, "src/photo", "src/catalogue"];
const CORE = [...STORE, "src/jobs", "src/vectors", "src/pipeline", "src/enrichment", "src/library", "src/search"];
const EDGE = [...CORE, "src/app"];
/** Value imports follow this table; `import type` is free. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  "src/errors": [],
  "src/clock": [],
  "src/disk": ["src/errors"],
  "src/events": ["src/errors"],
  "src/logger": ["src/errors", "src/clock"],
  "src/config": ["src/errors"],
  "src/photo": BASE,
  "src/catalogue": [...BASE, "src/photo"],
  "src/jobs": STORE,
  "src/vectors": STORE,
  "src/pipeline": [...STORE, "src/jobs"],
  "src/enrichment": [...STORE, "src/jobs"],
  "src/library": [...STORE, "src/jobs", "src/pipeline"],
  "src/search": [...STORE, "src/vectors"],
  "src/sample-library": BASE,
  "src/app": [...CORE, "models"],
  "src/index": EDGE,
  "src/cli": [...EDGE, "src/sample-library", "agent/main", "tools/server", "web/server"],
  models: ["src/errors", "src/logger", "src/clock", "src/disk"],
  agent: EDGE,
  tools: EDGE,
  web: EDGE,
};
const ONLY_IN: Readonly<Record<string, RegExp>> = {
  "node:sqlite": /^src\/catalogue\//,
  kysely: /^src\/catalogue\//,
  "@lancedb/lancedb": /^src\/vectors\//,
  "apache-arrow": /^src\/vectors\//,
  sharp: /^src\/(pipeline|photo|sample-library)\//,
  chokidar: /^agent\/watcher\.ts$/,
  "node:https": /^models\/embedding\/download\//,
  "onnxruntime-node": /^models\/embedding\/onnx-runtime\.ts$/,
  "@huggingface/tokenizers": /^models\/embedding\//,
  "@anthropic-ai/sdk": /^models\/language\//,
  openai: /^models\/language\//,
  ollama: /^models\/language\//,
  jsonrepair: /^src\/enrichment\/parsing\/extract-json\.ts$/,
  "@pydantic/genai-prices": /^models\/language\/prices\.ts$/,
  "@modelcontextprotocol": /^tools\/(server|adapter(\/[a-z-]+)?)\.ts$/,
};
const ENVIRONMENT = /\bprocess\.(env|argv)\b/;
const ENVIRONMENT_ONLY_IN = /^(src\/config\.ts|src\/cli\/main\.ts|bin\/|models\/embedding\/onnx-runtime\.ts)/;
const FETCH = /(?<![\w.])fetch\(/;
const FETCH_ONLY_IN = /^(models\/language\/guarded-fetch|models\/embedding\/download|src\/enrichment\/webhook)\.ts$/;

const within = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(`${folder}/`) || path.startsWith(`${folder}.`);
const layerOf = (path: string): string => Object.keys(MAY_IMPORT).find((layer) => within(path, layer)) ?? path;
const root = join(import.meta.dirname, "..");
/** Maintainers' tools, outside of the product. */
const TOOLS = "models/*/train/**";
const files = globSync("{src,agent,tools,models,web}/**/*.ts", { cwd: root, exclude: [TOOLS] }).map((file) =>
  file.split(sep).join("/"),
);
const codeOf = (file: string): string => stripTypeScriptTypes(readFileSync(join(root, file), "utf8")); // type-only imports vanish

test.each(files)("%s imports only what its layer may", (file) => {
  const specifiers = [...codeOf(file).matchAll(/(?:from|import)\s*\(?\s*["']([^"']+)["']/g)].map(
    (match) => match[1] ?? "",
  );
  const wrong = specifiers.filter((specifier) => {
    if (!specifier.startsWith(".")) {
      return Object.entries(ONLY_IN).some(([name, place]) => within(specifier, name) && !place.test(file));
    }
    const target = posix.join(posix.dirname(file), specifier);
    return (
      layerOf(target) !== layerOf(file) && !(MAY_IMPORT[layerOf(file)] ?? []).some((folder) => within(target, folder))
    );
  });
  expect(wrong).toEqual([]);
});

test("only the config and the launchers read the environment", () => {
  const wrong = files.filter((file) => ENVIRONMENT.test(codeOf(file)) && !ENVIRONMENT_ONLY_IN.test(file));
  expect(wrong).toEqual([]);
});

test("only the guarded modules call fetch", () => {
  expect(files.filter((file) => FETCH.test(codeOf(file)) && !FETCH_ONLY_IN.test(file))).toEqual([]);
});
