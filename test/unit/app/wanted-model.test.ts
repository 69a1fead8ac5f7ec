import { expect, test } from "vitest";
import { explainingAbsence, notInstalledHint } from "../../../src/app/wanted-model.ts";
import { ConfigError, NotFoundError } from "../../../src/errors.ts";

test.each([
  ["siglip2-base-patch16-224", "photon models download siglip2-base-patch16-224"],
  ["siglip2-base-patch16-22", "Did you mean siglip2-base-patch16-224?"],
  ["photon-mimi", "Did you mean photon-mini?"],
  ["siglip2", "Did you mean siglip2-base-patch16-224?"],
  ["my-modle", "Did you mean my-model?"],
])("%s: %s", (id, advice) => {
  const hint = notInstalledHint(id, ["my-model"]);
  expect(hint).toContain(advice);
  expect(hint).toContain("photon models list");
});

test("a name that is like no other is not guessed at", () => {
  expect(notInstalledHint("teapot", [])).toBe("Run `photon models list` to see every model.");
});

const wanted = { modelDir: "/nowhere", id: "clip-vit-base-patch32", name: "embedding.model" };

test("what is not installed is explained with what the person set", async () => {
  const failure = explainingAbsence(wanted, () => Promise.reject(new NotFoundError("gone", { hint: "none" })));
  await expect(failure).rejects.toMatchObject({
    message: "Expected an installed model for embedding.model, received clip-vit-base-patch32.",
    hint: expect.stringContaining("photon models download clip-vit-base-patch32") as string,
  });
});

test("other failures pass as they are", async () => {
  const damaged = new ConfigError("damaged", { hint: "none" });
  await expect(explainingAbsence(wanted, () => Promise.reject(damaged))).rejects.toBe(damaged);
});
