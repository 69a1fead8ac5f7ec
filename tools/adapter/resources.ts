/** Resources: photos, status, settings, the page of the gallery; and news of them. */
import * as sdk from "@modelcontextprotocol/server";
import type { McpRequestContext, ServerContext } from "@modelcontextprotocol/server";
import { registerAppResource, RESOURCE_MIME_TYPE } from "@modelcontextprotocol/ext-apps/server";
import { CONFIG_URI, GALLERY_URI, STATUS_URI } from "../resource-uris.ts";
import { CALL_LIMIT_MS } from "../run-call.ts";
import type { Parts } from "./parts.ts";
import { reported } from "./parts.ts";

const jsonContents = (uri: URL, value: object) => ({
  contents: [{ uri: uri.href, mimeType: "application/json", text: JSON.stringify(value) }],
});

/** @param raw a variable of the template, percent-encoded */
const knownPhoto = async <Value>(
  uri: URL,
  raw: unknown,
  find: (id: string) => Promise<Value | undefined>,
): Promise<Value> => {
  const id = String(raw); // an id has no character that is encoded
  const found = /^[0-9a-f]{12,64}$/.test(id) ? await find(id) : undefined;
  if (found === undefined) throw new sdk.ResourceNotFoundError(uri.href);
  return found;
};

/** Reading counts as a call: it takes its turn and its time. */
const reading = <Value>(parts: Parts, ctx: ServerContext, work: () => Promise<Value>): Promise<Value> => {
  const { signal } = ctx.mcpReq;
  return reported(parts, () => parts.runCall({ name: "Reading a resource", limitMs: CALL_LIMIT_MS, signal, work }));
};

export const registerPhotos = (parts: Parts): void => {
  const { server, edge } = parts;
  const { photos } = edge;
  server.registerResource(
    "photo",
    new sdk.ResourceTemplate("photo://{id}", {
      list: undefined,
      complete: { id: (typed) => reported(parts, async () => [...(await photos.idsLike(typed))]) },
    }),
    {
      description: "Everything known about one photo",
      mimeType: "application/json",
      cacheHint: { ttlMs: 5000, cacheScope: "private" },
    },
    (uri, { id }, ctx) => reading(parts, ctx, async () => jsonContents(uri, await knownPhoto(uri, id, photos.record))),
  );
  server.registerResource(
    "thumbnail",
    new sdk.ResourceTemplate("photo://{id}/thumbnail", { list: undefined }),
    {
      description: "One photo, small",
      mimeType: "image/jpeg",
      cacheHint: { ttlMs: 3_600_000, cacheScope: "private" },
    },
    (uri, { id }, ctx) =>
      reading(parts, ctx, async () => {
        const blob = Buffer.from(await knownPhoto(uri, id, photos.thumbnail)).toString("base64");
        return { contents: [{ uri: uri.href, mimeType: "image/jpeg", blob }] };
      }),
  );
};

export const registerPages = (parts: Parts): void => {
  const { server, edge } = parts;
  server.registerResource(
    "status",
    STATUS_URI,
    { description: "What the library holds, what is pending, who works", mimeType: "application/json" },
    (uri, ctx) => reading(parts, ctx, async () => jsonContents(uri, await edge.status.read())),
  );
  server.registerResource(
    "config",
    CONFIG_URI,
    { description: "Effective settings, secrets masked", mimeType: "application/json" },
    async (uri) => jsonContents(uri, edge.config()),
  );
  registerAppResource(server, "gallery", GALLERY_URI, { description: "Gallery of photos" }, async (uri) => ({
    contents: [
      {
        uri: uri.href,
        mimeType: RESOURCE_MIME_TYPE,
        text: await edge.galleryHtml(),
        _meta: { ui: { prefersBorder: false } },
      },
    ],
  }));
};

/** Who wants to know is our bookkeeping for clients of 2025; later ones are filtered by the SDK. */
export const registerStatusPush = (
  { server: { server }, edge }: Parts,
  { era, requestInfo }: McpRequestContext,
): void => {
  const wanted = new Set<string>();
  server.setRequestHandler("resources/subscribe", ({ params }) => {
    wanted.add(params.uri);
    return {};
  });
  server.setRequestHandler("resources/unsubscribe", ({ params }) => {
    wanted.delete(params.uri);
    return {};
  });
  if (requestInfo !== undefined) return; // HTTP: this server lives for one request; server.ts notifies
  const stop = edge.status.onChange(() => {
    if (era === "legacy" && !wanted.has(STATUS_URI)) return;
    void server.sendResourceUpdated({ uri: STATUS_URI }).catch(() => undefined); // the client has gone
  });
  const { onclose } = server;
  server.onclose = () => {
    stop();
    onclose?.();
  };
};
