import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { withoutLeftovers } from "../../../src/vectors/training-leftovers.ts";
import { temporaryFolder } from "../../support/photos.ts";
import { runProgram } from "../../support/run-program.ts";

const CHILD = join(import.meta.dirname, "training-child.ts");

/** Temporary files that are left when a process that trained has ended. */
const leftByTraining = async (way: "bare" | "maintained"): Promise<readonly string[]> => {
  await using folder = await temporaryFolder();
  const temporary = join(folder.path, "temporary");
  await mkdir(temporary);
  const environment = { TMPDIR: temporary, TMP: temporary, TEMP: temporary, LANCEDB_LOG: "error" };
  const result = await runProgram(CHILD, [join(folder.path, "index"), way], { environment });
  expect(result).toMatchObject({ code: 0, stderr: "" });
  return readdir(temporary, { recursive: true });
};

test("a process that trained a vector index leaves no temporary files", async () => {
  expect(await leftByTraining("maintained")).toEqual([]);
});

test("LanceDB alone leaves its working files: without them there would be nothing to remove", async () => {
  const left = await leftByTraining("bare");
  expect(left.filter((path) => path.endsWith("shuffle_data.lance"))).toHaveLength(1);
});

describe("of what appears during a training", () => {
  const workingFolder = async (temporary: string, name: string, ...more: readonly string[]): Promise<void> => {
    await mkdir(join(temporary, name));
    for (const file of ["shuffle_data.lance", "shuffle_offsets.spill", ...more]) {
      await writeFile(join(temporary, name, file), "vectors");
    }
  };

  test("the one folder of working files goes; those from before and of other programs stay", async () => {
    await using folder = await temporaryFolder();
    await workingFolder(folder.path, ".tmpBefor1");
    const result = await withoutLeftovers(async () => {
      await workingFolder(folder.path, ".tmpOwn123");
      await workingFolder(folder.path, ".tmpOther1", "somebody.else");
      await workingFolder(folder.path, "tmpOwn123");
      await mkdir(join(folder.path, ".tmpEmpty1"));
      return "trained";
    }, folder.path);
    expect(result).toBe("trained");
    expect((await readdir(folder.path)).toSorted()).toEqual([".tmpBefor1", ".tmpEmpty1", ".tmpOther1", "tmpOwn123"]);
  });

  test("two stay: one of them is another process's, which may be at work", async () => {
    await using folder = await temporaryFolder();
    await withoutLeftovers(async () => {
      await workingFolder(folder.path, ".tmpOwn123");
      await workingFolder(folder.path, ".tmpHers12");
    }, folder.path);
    expect(await readdir(folder.path)).toHaveLength(2);
  });

  test("a training that fails leaves nothing either, and its failure passes", async () => {
    await using folder = await temporaryFolder();
    const training = withoutLeftovers(async () => {
      await workingFolder(folder.path, ".tmpOwn123");
      throw new Error("The disk is full.");
    }, folder.path);
    await expect(training).rejects.toThrow("The disk is full.");
    expect(await readdir(folder.path)).toEqual([]);
  });

  test("a folder that cannot be read keeps nobody from training", async () => {
    await using folder = await temporaryFolder();
    expect(await withoutLeftovers(() => Promise.resolve("trained"), join(folder.path, "nowhere"))).toBe("trained");
  });
});
