import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { writeFile } from "node:fs/promises";
import { describe, expect, test, vi } from "vitest";
import { createHostedEncoder } from "../../../models/embedding/hosted-encoder.ts";
import type { HostedEncoder } from "../../../models/embedding/hosted-encoder.ts";
import { float32Tensor, int64Tensor } from "../../../models/embedding/onnx-graph.ts";
import type { OnnxGraph } from "../../../models/embedding/onnx-graph.ts";
import { isAbort } from "../../../src/errors.ts";
import { installRandomEncoder, TINY_VIT } from "../../support/encoders.ts";
import { createWorkspace, isAlive, patternPixels } from "../../support/model-workspace.ts";
import { REPOSITORY, startProgram } from "../../support/run-program.ts";

const SIZE = TINY_VIT.size;
const pixels = (seed: number): Uint8Array => patternPixels(SIZE, seed);
const LONG = 60_000;
const until = (condition: () => boolean): Promise<void> =>
  vi.waitFor(() => expect(condition()).toBe(true), { timeout: 20_000, interval: 10 });
/** Hosts are stopped and continued by signals here, which Windows does not have. */
const posixTest = test.runIf(process.platform !== "win32");
const onlyPid = (encoder: HostedEncoder): number => encoder.hostPids()[0] ?? Number.NaN;

/** About 2 GFLOP a step, each on the result of the one before, so nothing can be left out. One image a run. */
const slowGraph = (steps: number): OnnxGraph => {
  const edge = 1024;
  const name = (step: number): string => (step === steps ? "result" : `step${step}`);
  return {
    name: "slow",
    inputs: [{ name: "pixel_values", type: "float32", shape: ["images", 3, SIZE, SIZE] }],
    outputs: [{ name: "pooler_output", type: "float32", shape: ["images", TINY_VIT.width] }],
    initializers: [
      float32Tensor(
        "matrix",
        [edge, edge],
        Float32Array.from({ length: edge * edge }, (_, i) => ((i * 7919) % 101) / 5e4),
      ),
      int64Tensor("axes", [1, 2, 3]),
      int64Tensor("shape", [1, TINY_VIT.width]),
      int64Tensor("zero", [0]),
      int64Tensor("one", [1]),
      int64Tensor("row_axis", [0]),
      int64Tensor("column_axis", [1]),
      int64Tensor("width", [TINY_VIT.width]),
    ],
    nodes: [
      { op: "ReduceMean", inputs: ["pixel_values", "axes"], outputs: ["mean"], attributes: { keepdims: 0 } },
      { op: "Add", inputs: ["matrix", "mean"], outputs: [name(0)] },
      ...Array.from({ length: steps }, (_, step) => ({
        op: "MatMul",
        inputs: [name(step), "matrix"],
        outputs: [name(step + 1)],
      })),
      { op: "Slice", inputs: ["result", "zero", "one", "row_axis"], outputs: ["row"] },
      { op: "Slice", inputs: ["row", "zero", "width", "column_axis"], outputs: ["pooler_output"] },
    ],
  };
};

const tinyEncoder = async (
  directory: string,
  options: Parameters<typeof createHostedEncoder>[1],
): Promise<HostedEncoder> =>
  createHostedEncoder(await installRandomEncoder(directory, { shape: TINY_VIT, variant: "fp32" }), options);

const slowEncoder = async (
  directory: string,
  steps: number,
  options: Parameters<typeof createHostedEncoder>[1],
): Promise<HostedEncoder> => {
  const visionGraph = slowGraph(steps);
  const model = await installRandomEncoder(directory, { shape: TINY_VIT, variant: "fp32", visionGraph });
  return createHostedEncoder(model, { imagesPerRun: 1, ...options });
};

posixTest("work goes to two hosts, and a host that is stuck does not hold up the other", async () => {
  await using workspace = await createWorkspace();
  await using encoder = await tinyEncoder(workspace.directory, { imagesPerRun: 1 });
  await Promise.all([1, 2, 3, 4].map((seed) => encoder.embedImage(pixels(seed))));
  await until(() => encoder.hostPids().length === 2);
  const stuck = onlyPid(encoder);
  process.kill(stuck, "SIGSTOP");
  let done = 0;
  const calls = Array.from({ length: 12 }, async (_, seed) => {
    await encoder.embedImage(pixels(seed));
    done += 1;
  });
  await until(() => done >= 10); // at most two lie with the stuck host
  process.kill(stuck, "SIGCONT");
  await Promise.all(calls);
});

describe("a host that dies", () => {
  posixTest("is replaced, and its photo is tried once more", async () => {
    await using workspace = await createWorkspace();
    await using encoder = await tinyEncoder(workspace.directory, { hosts: 1 });
    const expected = await encoder.embedImage(pixels(1));
    const first = onlyPid(encoder);
    process.kill(first, "SIGSTOP");
    const call = encoder.embedImage(pixels(1));
    await new Promise(setImmediate); // the call is sent at the end of this turn
    process.kill(first, "SIGKILL");
    expect(await call).toEqual(expected);
    expect(onlyPid(encoder)).not.toBe(first);
  });

  posixTest("twice in the same photo makes it embed_failed, and the next photo works", { timeout: LONG }, async () => {
    await using workspace = await createWorkspace();
    let ready = (): void => undefined;
    const ignore = (): void => undefined;
    const logger = { error: ignore, warn: ignore, info: ignore, debug: () => ready(), trace: ignore };
    await using encoder = await slowEncoder(workspace.directory, 40, { hosts: 1, logger });
    ready = () => process.kill(onlyPid(encoder), "SIGKILL"); // dies as soon as it has its first run
    const failure = encoder.embedImage(pixels(1));
    await expect(failure).rejects.toMatchObject({ failure: "embed_failed" });
    ready = ignore;
    await encoder.embedImage(pixels(2));
  });

  posixTest("costs no photo that shared its run", async () => {
    await using workspace = await createWorkspace();
    await using encoder = await tinyEncoder(workspace.directory, { hosts: 1 });
    await encoder.embedImage(pixels(1));
    const first = onlyPid(encoder);
    process.kill(first, "SIGSTOP");
    const calls = [1, 2, 3, 4, 5, 6].map((seed) => encoder.embedImage(pixels(seed)));
    await new Promise(setImmediate);
    process.kill(first, "SIGKILL");
    expect(await Promise.all(calls)).toHaveLength(6);
  });

  posixTest("while idle is started again for the next photo", async () => {
    await using workspace = await createWorkspace();
    await using encoder = await tinyEncoder(workspace.directory, { hosts: 1 });
    await encoder.embedImage(pixels(1));
    process.kill(onlyPid(encoder), "SIGKILL");
    await until(() => encoder.hostPids().length === 0);
    await encoder.embedImage(pixels(2));
  });
});

describe("a host that hangs", () => {
  posixTest("costs its photo embed_timeout and is replaced", async () => {
    await using workspace = await createWorkspace();
    await using encoder = await tinyEncoder(workspace.directory, { hosts: 1 });
    await encoder.embedImage(pixels(1));
    const hung = onlyPid(encoder);
    process.kill(hung, "SIGSTOP");
    await expect(encoder.embedImage(pixels(2), { timeoutMs: 200 })).rejects.toMatchObject({ failure: "embed_timeout" });
    await encoder.embedImage(pixels(3));
    expect(isAlive(hung)).toBe(false);
  });

  posixTest("costs no photo when those that shared its run go through alone", async () => {
    await using workspace = await createWorkspace();
    await using encoder = await tinyEncoder(workspace.directory, { hosts: 1, embedTimeoutMs: 300 });
    await encoder.embedImage(pixels(1), { timeoutMs: LONG });
    process.kill(onlyPid(encoder), "SIGSTOP");
    const shared = [1, 2, 3, 4].map((seed) => encoder.embedImage(pixels(seed), { timeoutMs: 2_000 }));
    expect(await Promise.all(shared)).toHaveLength(4);
  });

  posixTest("time in the queue does not count", { timeout: LONG }, async () => {
    await using workspace = await createWorkspace();
    await using encoder = await slowEncoder(workspace.directory, 10, { hosts: 1 });
    await encoder.embedImage(pixels(0));
    const start = performance.now();
    await encoder.embedImage(pixels(1));
    const timeoutMs = 5 * (performance.now() - start) + 200;
    const calls = Array.from({ length: 12 }, (_, seed) => encoder.embedImage(pixels(seed), { timeoutMs }));
    expect(await Promise.all(calls)).toHaveLength(12);
  });
});

posixTest("an aborted call rejects with the signal's reason at once, queued or running; others go on", async () => {
  await using workspace = await createWorkspace();
  await using encoder = await tinyEncoder(workspace.directory, { hosts: 1, imagesPerRun: 1 });
  await encoder.embedImage(pixels(1));
  process.kill(onlyPid(encoder), "SIGSTOP");
  const controller = new AbortController();
  const aborted = [1, 2, 3, 4].map((seed) => encoder.embedImage(pixels(seed), { signal: controller.signal }));
  const other = encoder.embedImage(pixels(5));
  await new Promise(setImmediate);
  const reason = new Error("no longer wanted");
  controller.abort(reason);
  for (const call of await Promise.allSettled(aborted)) expect(call).toMatchObject({ status: "rejected", reason });
  await expect(encoder.embedImage(pixels(6), { signal: controller.signal })).rejects.toBe(reason);
  process.kill(onlyPid(encoder), "SIGCONT");
  expect(await other).toHaveLength(TINY_VIT.width);
});

posixTest("dispose ends hung and busy hosts at once and rejects what was pending", async () => {
  await using workspace = await createWorkspace();
  const encoder = await tinyEncoder(workspace.directory, {});
  await Promise.all([encoder.embedTexts(["a dog"]), ...[1, 2, 3, 4].map((seed) => encoder.embedImage(pixels(seed)))]);
  const pids = encoder.hostPids();
  for (const pid of pids) process.kill(pid, "SIGSTOP");
  const pending = encoder.embedImage(pixels(5)).catch((error: unknown) => error);
  await encoder[Symbol.asyncDispose]();
  expect(isAbort(await pending)).toBe(true);
  expect(pids.filter(isAlive)).toEqual([]);
  expect(encoder.hostPids()).toEqual([]);
  await expect(encoder.embedImage(pixels(6))).rejects.toMatchObject({ name: "AbortError" });
});

posixTest("signals of the terminal are left to the parent", async () => {
  await using workspace = await createWorkspace();
  await using encoder = await tinyEncoder(workspace.directory, { hosts: 1 });
  await encoder.embedImage(pixels(1));
  const pid = onlyPid(encoder);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.kill(pid, signal);
  await encoder.embedImage(pixels(2));
  expect(onlyPid(encoder)).toBe(pid);
});

/** A program that embeds, prints its hosts' process ids as JSON, and then does what `end` says. */
const writeProgram = async (directory: string, modelDirectory: string, end: string): Promise<string> => {
  const at = (path: string): string => JSON.stringify(pathToFileURL(join(REPOSITORY, path)).href);
  const script = join(directory, "program.ts");
  await writeFile(
    script,
    `import { createHostedEncoder } from ${at("models/embedding/hosted-encoder.ts")};
import { openInstalledModel } from ${at("models/embedding/installed-models.ts")};
const encoder = createHostedEncoder(await openInstalledModel(${JSON.stringify(modelDirectory)}));
const picture = new Uint8Array(${3 * SIZE * SIZE}).fill(9);
await Promise.all([encoder.embedTexts(["dog"]), encoder.embedImage(picture), encoder.embedImage(picture)]);
console.log(JSON.stringify(encoder.hostPids()));
${end}
`,
  );
  return script;
};

const pidsIn = (stdout: string): readonly number[] => JSON.parse(stdout) as number[];

posixTest("a program whose hosts are idle ends by itself, with nothing of theirs on its output", async () => {
  await using workspace = await createWorkspace();
  const model = await installRandomEncoder(workspace.directory, { shape: TINY_VIT, variant: "fp32" });
  const { ended } = startProgram(await writeProgram(workspace.directory, model.directory, ""), []);
  const { code, stdout } = await ended;
  expect(code).toBe(0);
  await until(() => !pidsIn(stdout).some(isAlive));
});

posixTest("hosts end when their parent is killed", async () => {
  await using workspace = await createWorkspace();
  const model = await installRandomEncoder(workspace.directory, { shape: TINY_VIT, variant: "fp32" });
  const script = await writeProgram(workspace.directory, model.directory, "setInterval(() => undefined, 1000);");
  const { child, untilStdout, ended } = startProgram(script, []);
  await untilStdout("]");
  child.kill("SIGKILL");
  const { stdout } = await ended;
  expect(pidsIn(stdout).length).toBeGreaterThanOrEqual(2);
  await until(() => !pidsIn(stdout).some(isAlive));
});
