/** Broken weights or another preprocessing of photon-mini must not go unseen. */
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { builtInSource } from "../../../models/embedding/built-in-model.ts";
import type { InstalledModel } from "../../../models/embedding/installed-models.ts";
import { openModelFolder } from "../../../models/embedding/installed-models.ts";
import { hashFile } from "../../../models/embedding/file-hash.ts";
import type { ModelFileRole, ModelManifest } from "../../../models/embedding/manifest.ts";
import { fileOfRole } from "../../../models/embedding/manifest.ts";
import { createWorkspace } from "../../support/model-workspace.ts";
import { weightsOf } from "../../support/onnx-weights.ts";
import type { Expectations } from "../../support/photon-mini/gate.ts";
import { gateProblems, measureCosines, readExpectations } from "../../support/photon-mini/gate.ts";
import { gateScenes } from "../../support/photon-mini/gate-scenes.ts";

let expected: Expectations;
beforeAll(async () => {
  expected = await readExpectations();
});

/** A copy of the shipped folder whose graph of a tower is changed; its manifest says that this is right. */
const damagedModel = async (
  folder: string,
  role: ModelFileRole,
  damage: (graph: Buffer) => void,
): Promise<InstalledModel> => {
  await cp(builtInSource(), folder, { recursive: true });
  const manifest = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8")) as ModelManifest; // ours
  const { path } = fileOfRole(manifest, role);
  const graph = await readFile(join(folder, path));
  damage(graph);
  await writeFile(join(folder, path), graph);
  const { sha256 } = await hashFile(join(folder, path));
  const files = manifest.files.map((file) => (file.role === role ? { ...file, sha256 } : file));
  await writeFile(join(folder, "manifest.json"), JSON.stringify({ ...manifest, files }));
  return openModelFolder(folder);
};

/** Half of the largest weights become zero, as after a hole in a file. */
const loseWeights = (graph: Buffer): void => {
  const [largest = { offset: 0, length: 0 }] = weightsOf(graph);
  graph.fill(0, largest.offset, largest.offset + Math.floor(largest.length / 2));
};

const shipped = async (folder: string): Promise<InstalledModel> => damagedModel(folder, "vision", () => undefined);

describe("photon-mini as it is shipped", () => {
  test("does what was recorded with its weights, and finds painted scenes by words", async () => {
    await using workspace = await createWorkspace();
    const model = await shipped(workspace.directory);
    const remedy = "run node test/support/photon-mini/record-expectations.ts after a change of the weights";
    expect(model.manifest.revision, remedy).toBe(expected.revision);
    expect([expected.scenes, expected.queries]).toEqual([
      gateScenes.map(({ scene }) => scene),
      gateScenes.map(({ query }) => query),
    ]);
    expect(gateProblems(await measureCosines(model), expected), remedy).toEqual([]);
  });

  test("finds the painted dog, car and mountains first", () => {
    expect(expected.found).toEqual(expect.arrayContaining(["dog", "red car", "snowy mountains"]));
  });
});

describe("the gate fails", () => {
  test.each(["vision", "text"] as const)("for a %s tower with lost weights", async (role) => {
    await using workspace = await createWorkspace();
    const model = await damagedModel(workspace.directory, role, loseWeights);
    expect(gateProblems(await measureCosines(model), expected)).toContainEqual(
      expect.stringContaining("cosines differ"),
    );
  });

  test("for pictures that are cropped instead of squashed", async () => {
    await using workspace = await createWorkspace();
    const cropped = await measureCosines(await shipped(workspace.directory), { resize: "short-side-crop" });
    expect(gateProblems(cropped, expected)).toContainEqual(expect.stringContaining("cosines differ"));
  });

  test("for a query that no longer finds its scene, whatever the cosines", () => {
    const own = gateScenes.findIndex(({ query }) => query === expected.found[0]);
    const lost = expected.cosines.map((row, query) =>
      query === own ? row.map((_, scene) => (scene === own ? -1 : 0)) : row,
    );
    expect(gateProblems(lost, { ...expected, cosines: lost })).toContain(
      `"${expected.found[0]}" does not find its scene first.`,
    );
  });
});
