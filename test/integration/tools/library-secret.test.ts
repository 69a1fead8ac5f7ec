import { chmod, readFile, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { deriveKey, loadSecret } from "../../../tools/library-secret.ts";
import { temporaryFolder } from "../../support/photos.ts";

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

test("many that start at once agree on one secret, which this user alone can read", async () => {
  await using folder = await temporaryFolder();
  const home = join(folder.path, "new", "home");
  const secrets = await Promise.all(Array.from({ length: 20 }, () => loadSecret(home, "secret")));
  expect(new Set(secrets).size).toBe(1);
  expect(secrets[0]).toMatch(/^[0-9a-f]{64}$/);
  expect(await readdir(home)).toEqual(["secret"]);
  expect(await modeOf(join(home, "secret"))).toBe(0o600);
});

test("a secret lasts, and its file is closed to others again when a copy opened it", async () => {
  await using folder = await temporaryFolder();
  const first = await loadSecret(folder.path, "secret");
  await chmod(join(folder.path, "secret"), 0o644);
  expect(await loadSecret(folder.path, "secret")).toBe(first);
  expect(await modeOf(join(folder.path, "secret"))).toBe(0o600);
  expect(await loadSecret(folder.path, "another")).not.toBe(first);
});

test("a damaged file is reported and left as it is", async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, "secret"), "abc");
  await expect(loadSecret(folder.path, "secret")).rejects.toMatchObject({
    code: "storage",
    hint: expect.stringContaining("Delete the file") as string,
  });
  expect(await readFile(join(folder.path, "secret"), "utf8")).toBe("abc");
});

test("keys for different purposes differ", () => {
  const secret = "5a".repeat(32);
  const [state, token] = [deriveKey(secret, "request-state"), deriveKey(secret, "confirm-token")];
  expect(state).toHaveLength(32);
  expect(Buffer.from(state).equals(token)).toBe(false);
});
