/** The page of docs/reference that lists the tools: what goes in, what comes out, every field. */
import { z } from "zod";
import type { Tool } from "../tools/tool.ts";
import { tools } from "../tools/tools.ts";

/** What is used of JSON Schema. */
interface Node {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Node[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly items?: Node;
  readonly additionalProperties?: Node | boolean;
  readonly default?: unknown;
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxLength?: number;
}

const nodeOf = (schema: z.ZodType, io: "input" | "output"): Node => z.toJSONSchema(schema, { io }) as Node; // draft 2020-12

const rangeOf = ({ minimum, maximum, minItems, maxItems, maxLength }: Node): string => {
  const [low, high] = [minimum ?? minItems, maximum ?? maxItems];
  if (low !== undefined && high !== undefined) return ` ${low} to ${high}`;
  const most = high ?? maxLength;
  return most === undefined ? "" : ` up to ${most}`;
};

const typeOf = (node: Node): string => {
  if (node.enum !== undefined) return node.enum.map((value) => JSON.stringify(value)).join(", ");
  if (node.const !== undefined) return JSON.stringify(node.const);
  if (node.anyOf !== undefined) return node.anyOf.map(typeOf).join(" or ");
  if (node.type === "array") return `list${rangeOf(node)} of ${typeOf(node.items ?? {})}`;
  if (node.type === "object" && typeof node.additionalProperties === "object") {
    return `object by name of ${typeOf(node.additionalProperties)}`;
  }
  return `${node.type ?? "anything"}${node.type === "object" ? "" : rangeOf(node)}`;
};

const fieldsIn = (node: Node): Node | undefined =>
  node.type === "array" ? fieldsIn(node.items ?? {}) : node.properties && node;

const fieldLines = (node: Node, depth = 0): readonly string[] =>
  Object.entries(node.properties ?? {}).flatMap(([name, field]) => {
    const isOptional = node.required?.includes(name) !== true || field.default !== undefined;
    const standard = field.default === undefined ? "" : `, default \`${JSON.stringify(field.default)}\``;
    const text = field.description === undefined ? "" : `: ${field.description}`;
    const line = `${"  ".repeat(depth)}- \`${name}\`${isOptional ? " (optional)" : ""} ${typeOf(field)}${standard}${text}\n`;
    const inner = fieldsIn(field);
    return [line, ...(inner === undefined ? [] : fieldLines(inner, depth + 1))];
  });

const EFFECTS = { read: "changes nothing", write: "writes", destroy: "removes" } as const;

const effectText = ({ effect, appOnly }: Tool): string => {
  const settings = { readOnly: false, images: "include", provider: { name: "any", leavesMachine: true } } as const;
  const text =
    typeof effect === "string" ? EFFECTS[effect] : `${EFFECTS[effect(settings)]} when there is a language model`;
  return appOnly === true ? `${text}; for the gallery alone` : text;
};

const resultText = ({ result }: Tool): string =>
  result === undefined
    ? "Result: pictures with a text each, see mcp.md.\n"
    : `Result:\n\n${fieldLines(nodeOf(result, "output")).join("")}`;

const toolText = (tool: Tool): string =>
  [
    `\n## ${tool.name}\n\n${tool.description}\n\nEffect: ${effectText(tool)}.\n\nInput:\n\n`,
    ...fieldLines(nodeOf(tool.input, "input")),
    `\n${resultText(tool)}`,
  ].join("");

/** @param note that says where the page comes from */
export const toolsPage = (note: string): string =>
  [
    `${note}\n# Tools\n\n`,
    "What `photon mcp` offers to assistants, field by field. Clients get shorter schemas of results: ids and counts only.\n",
    ...tools.map(toolText),
  ].join("");
