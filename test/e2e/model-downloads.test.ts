/** `photon models download|add|list|verify|remove` as people run them, against a server on the loopback. */
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { createCertificate, hasOpenssl } from "../support/certificates.ts";
import { until } from "../support/cli.ts";
import { modelFolder } from "../support/model-folders/model-folder.ts";
import { resolvePath, serveRepository } from "../support/model-hub.ts";
import type { ModelServer } from "../support/model-server.ts";
import { silentAfter, startModelServer, startProxy, status } from "../support/model-server.ts";
import { temporaryFolder } from "../support/photos.ts";
import type { ProgramResult } from "../support/run-program.ts";
import { PHOTON, runPhoton, startProgram } from "../support/run-program.ts";

const REPO = "someone/tiny-clip";
const ID = "tiny-clip";
const { files, recipe } = modelFolder("clip");
const VISION = "onnx/vision_model.onnx";
const VISION_BYTES = files[VISION]?.length ?? 0;
const CUT = 10_000;

let server: ModelServer;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let environment: Record<string, string>;
let models: string;

beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder[Symbol.asyncDispose]());
let libraries = 0;
beforeEach(async () => {
  server = await startModelServer();
  serveRepository(server, { repo: REPO, revision: recipe.revision, files, licence: "mit", baseModel: "openai/x" });
  libraries += 1;
  const home = join(folder.path, `home-${libraries}`);
  models = join(home, "models");
  environment = { PHOTON_HOME: home, PHOTON_MODELS_BASE_URL: server.url.href, XDG_CONFIG_HOME: folder.path };
});
afterEach(() => server[Symbol.asyncDispose]());

const photon = (...words: readonly string[]): Promise<ProgramResult> => runPhoton(words, { environment });
const json = (text: string): unknown => JSON.parse(text);
const listed = async (): Promise<Record<string, unknown> | undefined> => {
  const all = json((await photon("models", "list", "--json")).stdout) as Record<string, unknown>[]; // our own list
  return all.find(({ id }) => id === ID);
};
const visionPath = resolvePath({ repo: REPO }, recipe.revision, VISION);
const partPath = (): string => join(models, ID, `${recipe.revision}-fp32`, `${VISION}.part`);

/** A download that has stopped in the middle of the image tower, still running. */
const startCutDownload = async (): Promise<ReturnType<typeof startProgram>> => {
  server.script(visionPath, silentAfter(CUT));
  const running = startProgram(PHOTON, ["models", "add", REPO, "--yes"], { environment });
  await until("the part", async () => {
    const facts = await stat(partPath()).catch(() => undefined); // not made yet
    return facts?.size === CUT ? true : undefined;
  });
  return running;
};

test("add, list, verify, path and remove", async () => {
  const added = await photon("models", "add", REPO, "--yes", "--json");
  expect(added).toMatchObject({ code: 0 });
  expect(json(added.stdout)).toMatchObject({ outcome: "installed", id: ID, licence: "mit", added_by_user: true });
  expect(added.stderr).toContain("Licence");
  expect((await photon("models", "list")).stdout).toContain(`${ID} (added by you)`);
  expect(await listed()).toMatchObject({ state: "verified", licence: "mit" });

  const again = await photon("models", "add", REPO, "--yes");
  expect(again.stdout).toContain("already installed");

  const verified = await photon("models", "verify", ID, "--deep");
  expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining(`${ID} fp32: sound`) as string });
  const directory = (await photon("models", "path", ID)).stdout.trim();
  const graph = join(directory, VISION);
  const bytes = await readFile(graph);
  bytes[300] = (bytes[300] ?? 0) ^ 1;
  await writeFile(graph, bytes);
  const damaged = await photon("models", "verify");
  expect(damaged).toMatchObject({ code: 1, stdout: expect.stringContaining(".bad") as string });
  expect(damaged.stdout).toContain(`photon models download ${ID}`);
  expect(await photon("models", "download", ID, "--yes")).toMatchObject({ code: 0 });
  expect(server.requestsOf(resolvePath({ repo: REPO }, recipe.revision, VISION))).toHaveLength(2);
  expect(await photon("models", "verify")).toMatchObject({ code: 0 });

  expect(await photon("models", "remove", ID)).toMatchObject({ code: 0 });
  expect(await listed()).toBeUndefined();
});

test("SIGKILL in the middle leaves a part; the next run continues it and installs", async () => {
  const running = await startCutDownload();
  running.child.kill("SIGKILL");
  expect((await running.ended).code).toBe("SIGKILL");
  expect(await listed()).toMatchObject({ state: "partial" });

  const resumed = await photon("models", "add", REPO, "--yes");
  expect(resumed).toMatchObject({ code: 0 });
  expect(server.requestsOf(visionPath).map(({ headers }) => headers.range)).toEqual([undefined, `bytes=${CUT}-`]);
  expect(await listed()).toMatchObject({ state: "verified" });
});

test("Ctrl-C keeps what is here and says nothing is installed", async () => {
  const running = await startCutDownload();
  running.child.kill("SIGINT");
  expect((await running.ended).code).toBe(130);
  expect((await stat(partPath())).size).toBe(CUT);
  expect(await listed()).toMatchObject({ state: "partial" });
});

test("a second process waits for the first one's download and finds it done", async () => {
  const first = startProgram(PHOTON, ["models", "add", REPO, "--yes"], { environment });
  const second = startProgram(PHOTON, ["models", "add", REPO, "--yes"], { environment });
  const outputs = (await Promise.all([first.ended, second.ended])).map(({ stdout }) => stdout);
  expect(
    outputs.map((text) => /: (already )?installed/.exec(text)?.[0] ?? "").toSorted((a, b) => a.localeCompare(b)),
  ).toEqual([": already installed", ": installed"]);
  expect(server.requestsOf(visionPath)).toHaveLength(1);
});

test("nothing is fetched without consent", async () => {
  const asked = await photon("models", "add", REPO);
  expect(asked).toMatchObject({ code: 2, stderr: expect.stringContaining("--yes") as string });
  const shown = await photon("models", "add", REPO, "--dry-run");
  expect(shown).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`${VISION}  ${VISION_BYTES} bytes`) as string,
  });
  expect(server.requestsOf(visionPath)).toHaveLength(0);
  await expect(readdir(models)).rejects.toThrow("ENOENT");
});

test("offline is one message with three ways out, and photon goes on", async () => {
  await server[Symbol.asyncDispose]();
  const failed = await photon("models", "download", "clip-vit-base-patch32", "--yes");
  expect(failed).toMatchObject({ code: 1, stdout: "" });
  expect(failed.stderr).toContain("refused the connection");
  expect(failed.stderr).toContain("photon models download clip-vit-base-patch32 --from FOLDER");
  expect(failed.stderr).toContain("0ab0c1b3ace708e539633af1744d5a95247fe4e14d3e08ff197ef82a6cb9bd93");
  expect(failed.stderr).toContain("--base-url https://mirror.example.org");
  const machine = await photon("models", "download", "clip-vit-base-patch32", "--yes", "--json");
  const report = json(machine.stderr.split("\n").findLast((line) => line.startsWith("{")) ?? "");
  expect(report).toMatchObject({ error: { code: "download", details: { code: "refused" }, exit_code: 1 } });
  expect(await photon("status")).toMatchObject({ code: 0 });
});

test("an unknown model is named together with those photon knows", async () => {
  const unknown = await photon("models", "download", "siglip2-base-patch16-225", "--yes");
  expect(unknown).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("Did you mean siglip2-base-patch16-224") as string,
  });
});

test("a token is sent, and never shown", async () => {
  const secret = "hf_never_shown";
  server.script(visionPath, status(403));
  const refused = await runPhoton(["models", "add", REPO, "--yes", "--verbose"], {
    environment: { ...environment, PHOTON_MODELS_TOKEN: secret },
  });
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("refuses access") as string });
  expect(server.requestsOf(visionPath)[0]?.headers.authorization).toBe(`Bearer ${secret}`);
  expect(refused.stdout + refused.stderr).not.toContain(secret);
});

test.skipIf(!hasOpenssl())("https through a proxy works with a trusted certificate, and says TLS without", async () => {
  const tls = await createCertificate(folder.path);
  await using secure = await startModelServer(tls);
  serveRepository(secure, { repo: REPO, revision: recipe.revision, files, licence: "mit" });
  await using proxy = await startProxy(secure.url);
  const through = {
    ...environment,
    PHOTON_MODELS_BASE_URL: `https://localhost:${secure.url.port}`,
    HTTPS_PROXY: proxy.url.href,
  };
  const distrusted = await runPhoton(["models", "add", REPO, "--yes"], { environment: through });
  expect(distrusted).toMatchObject({ code: 1, stderr: expect.stringContaining("TLS") as string });
  const trusted = await runPhoton(["models", "add", REPO, "--yes"], {
    environment: { ...through, NODE_EXTRA_CA_CERTS: tls.certPath },
  });
  expect(trusted).toMatchObject({ code: 0 });
  expect(new Set(proxy.seen)).toEqual(new Set([`CONNECT localhost:${secure.url.port}`]));
});
