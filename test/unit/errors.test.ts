import { expect, test } from "vitest";
import { errorReport, firstError, isDiskFull, StorageError, systemCode } from "../../src/errors.ts";

const systemError = (code: string): Error => Object.assign(new Error(`${code}: it failed`), { code });

test("what failed first is reported, not what failed while it was cleaned up", async () => {
  const work = async (): Promise<void> => {
    await using _resource = { [Symbol.asyncDispose]: () => Promise.reject(new Error("closing failed")) };
    throw new StorageError("The disk is full.", { hint: "Free some space." });
  };
  const thrown = await work().catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(SuppressedError);
  expect(errorReport(thrown)).toEqual({
    code: "storage",
    message: "The disk is full.",
    hint: "Free some space.",
    exitCode: 1,
  });
  expect(firstError(new SuppressedError(new Error("third"), thrown, ""))).toBe(firstError(thrown));
});

test("a full disk is known by its system code and by what SQLite and LanceDB say", () => {
  const causes = [systemError("ENOSPC"), systemError("EDQUOT"), new Error("database or disk is full")];
  for (const cause of causes) expect(isDiskFull(cause)).toBe(true);
  expect(isDiskFull(new Error("x", { cause: systemError("ENOSPC") }))).toBe(true);
  expect(isDiskFull(new Error("IO: No space left on device (os error 28)"))).toBe(true);
  expect(isDiskFull(systemError("EACCES"))).toBe(false);
  expect(errorReport(systemError("ENOSPC"))).toMatchObject({ code: "storage", message: "The disk is full." });
  expect(errorReport(Object.assign(systemError("ENOSPC"), { path: "/full/file" })).message).toBe(
    "The disk is full: /full/file could not be written.",
  );
});

test("the system's code is found behind other errors", () => {
  expect(systemCode(new Error("outer", { cause: systemError("ENOENT") }))).toBe("ENOENT");
  expect(systemCode(Object.assign(new Error("ours"), { code: "storage" }))).toBeUndefined();
  expect(systemCode("ENOENT")).toBeUndefined();
});
