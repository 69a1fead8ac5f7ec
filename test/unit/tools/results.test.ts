import { expect, test } from "vitest";
import { tools } from "../../../tools/tools.ts";
import type { Tool } from "../../../tools/tool.ts";

const all: readonly Tool[] = tools;

test.each(all.map((tool) => [tool.name, tool] as const))(
  "%s: what is promised to clients is a part of what is documented",
  (_name, tool) => {
    if (tool.output === undefined) return;
    const fields = Object.keys(tool.result?.shape ?? {});
    expect(fields).toEqual(expect.arrayContaining(Object.keys(tool.output.shape)));
  },
);
