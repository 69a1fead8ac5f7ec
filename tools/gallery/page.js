"use strict";
// Words of photos are other people's text: they reach the page through textContent and alt, never as markup.
const PAGE = 12;
const at = (id) => document.getElementById(id);
const [grid, lightbox, statusLine] = [at("grid"), at("lightbox"), at("status")];

// ---- The host, over postMessage ----
const waiting = new Map();
let lastId = 0;
let host = {};
const post = (message) => window.parent.postMessage({ jsonrpc: "2.0", ...message }, "*");
const notify = (method, params = {}) => post({ method, params });
const request = (method, params) =>
  new Promise((resolve, reject) => {
    lastId += 1;
    waiting.set(lastId, { resolve, reject });
    post({ id: lastId, method, params });
  });
const callTool = async (name, input) => {
  const result = await request("tools/call", { name, arguments: input });
  if (result.isError) throw new Error(result.content?.[0]?.text ?? "The call failed.");
  return result;
};
const handlers = {
  "ui/notifications/tool-result": (result) => showResult(result),
  "ui/notifications/tool-cancelled": () => say("The call was cancelled."),
  "ui/notifications/host-context-changed": (context) => applyContext(context),
  "ui/resource-teardown": () => ({}),
  ping: () => ({}),
};
window.addEventListener("message", ({ source, data }) => {
  if (source !== window.parent || data?.jsonrpc !== "2.0") return;
  if (data.method === undefined) {
    const asked = waiting.get(data.id);
    waiting.delete(data.id);
    if (data.error) asked?.reject(new Error(data.error.message));
    else asked?.resolve(data.result);
    return;
  }
  const result = handlers[data.method]?.(data.params ?? {});
  if (data.id === undefined) return;
  if (result === undefined) post({ id: data.id, error: { code: -32601, message: "Method not found" } });
  else post({ id: data.id, result });
});

// ---- What is shown ----
let photos = [];
let selected = new Set();
let focused = 0;
let opened = 0;
/** How to get the ids after those that are known; undefined = there are no more. */
let nextIds;
let shown = PAGE;
let isBusy = false;

const say = (text) => {
  statusLine.textContent = text;
};
const photoNumber = (count) => `${count} ${count === 1 ? "photo" : "photos"}`;
const altOf = ({ caption, name, id }) => caption || name || `Photo ${id}`;
const idOf = (uri) => /^photo:\/\/([0-9a-f]{12,64})$/.exec(uri ?? "")?.[1];

/** Photos of a result: text, picture and link of each, and what the server tells beside them. */
const photosOf = ({ content = [], _meta = {} }) => {
  const found = new Map();
  let picture;
  for (const block of content) {
    if (block.type === "text") picture = undefined;
    if (block.type === "image" && block.mimeType === "image/jpeg") picture = `data:image/jpeg;base64,${block.data}`;
    const id = block.type === "resource_link" ? idOf(block.uri) : undefined;
    if (id === undefined) continue;
    found.set(id, { id, name: String(block.name ?? ""), picture });
    picture = undefined;
  }
  for (const item of _meta["photon/items"]?.items ?? []) {
    if (typeof item.id === "string") found.set(item.id, { ...found.get(item.id), ...item });
  }
  return { found: [...found.values()], cursor: _meta["photon/items"]?.next_cursor };
};

const showResult = (result) => {
  const { found, cursor } = photosOf(result);
  nextIds = cursor === undefined ? undefined : () => moreOfResult(cursor);
  replacePhotos(found);
};
const moreOfResult = async (cursor) => {
  const page = photosOf(await callTool("gallery_page", { cursor }));
  nextIds = page.cursor === undefined ? undefined : () => moreOfResult(page.cursor);
  return page.found;
};

const replacePhotos = (found) => {
  photos = found;
  selected = new Set();
  focused = 0;
  shown = PAGE;
  draw();
  void tellSelection();
  void fetchPictures();
};

/** Pictures that are to be seen and not here yet. */
const fetchPictures = async () => {
  const missing = photos.slice(0, shown).filter(({ picture, isGone }) => picture === undefined && !isGone);
  if (missing.length === 0 || !host.serverTools) return draw();
  await whileBusy(async () => {
    for (let start = 0; start < missing.length; start += PAGE) {
      const ids = missing.slice(start, start + PAGE).map(({ id }) => id);
      const { found } = photosOf(await callTool("gallery_page", { ids }));
      const byId = new Map(found.map((photo) => [photo.id, photo]));
      photos = photos.map((photo) => {
        if (!ids.includes(photo.id)) return photo;
        return { ...photo, ...byId.get(photo.id), isGone: byId.get(photo.id)?.picture === undefined };
      });
    }
  });
};

const whileBusy = async (work) => {
  if (isBusy) return;
  isBusy = true;
  draw();
  let problem;
  try {
    await work();
  } catch (error) {
    problem = error.message;
  }
  isBusy = false;
  draw();
  if (problem !== undefined) say(problem);
};

const showMore = async () => {
  const first = shown;
  if (photos.length <= shown && nextIds !== undefined) {
    await whileBusy(async () => {
      const known = new Set(photos.map(({ id }) => id));
      photos = [...photos, ...(await nextIds()).filter(({ id }) => !known.has(id))];
    });
  }
  shown = Math.min(photos.length, shown + PAGE);
  await fetchPictures();
  focusTile(Math.min(first, photos.length - 1));
};

const idsLike = async (id, cursor) => {
  const input = { like_id: id, limit: 2 * PAGE, ...(cursor === undefined ? {} : { cursor }) };
  const { structuredContent } = await callTool("search_by_embedding", input);
  const after = structuredContent.next_cursor;
  nextIds = after === undefined ? undefined : () => idsLike(id, after);
  return structuredContent.hits.map(({ id: hit, name = "", caption, taken_at }) => ({
    id: hit,
    name,
    ...(caption === undefined ? {} : { caption }),
    ...(taken_at === undefined ? {} : { taken_at }),
  }));
};
const showSimilar = async (id) => {
  lightbox.close();
  const nextBefore = nextIds;
  let found;
  await whileBusy(async () => {
    found = await idsLike(id);
  });
  if (found !== undefined && found.length > 0) {
    replacePhotos(found);
    return;
  }
  nextIds = nextBefore;
  if (found === undefined) return;
  draw();
  say("No other photo is like this one.");
};

const tellSelection = async () => {
  if (!host.updateModelContext) return;
  const ids = photos.map(({ id }) => id).filter((id) => selected.has(id));
  const text =
    ids.length === 0
      ? "No photo is selected in the gallery."
      : `The user has selected ${photoNumber(ids.length)} in the gallery: ${ids.join(", ")}.`;
  await request("ui/update-model-context", {
    content: [{ type: "text", text }],
    structuredContent: { selected_ids: ids },
  }).catch((error) => say(error.message));
};
const toggle = (id) => {
  if (!selected.delete(id)) selected.add(id);
  draw();
  void tellSelection();
};

// ---- Drawing ----
const element = (name, className, text) => {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
};
const makeTile = (photo, position) => {
  const tile = element("div", "tile");
  tile.setAttribute("role", "option");
  tile.dataset.id = photo.id;
  tile.tabIndex = position === focused ? 0 : -1;
  tile.setAttribute("aria-selected", String(selected.has(photo.id)));
  tile.setAttribute("aria-label", [altOf(photo), photo.taken_at].filter(Boolean).join(", "));
  const frame = element("div", "frame");
  if (photo.picture === undefined) frame.textContent = photo.isGone ? "No picture" : "…";
  else {
    const image = element("img");
    image.src = photo.picture;
    image.alt = altOf(photo);
    frame.append(image);
  }
  const open = element("button", "open", "⤢");
  open.type = "button";
  open.tabIndex = -1;
  open.setAttribute("aria-label", `Open ${altOf(photo)}`);
  open.addEventListener("click", (event) => {
    event.stopPropagation();
    openPhoto(position);
  });
  tile.append(frame, element("div", "words", altOf(photo)), element("span", "mark", "✓"), open);
  tile.addEventListener("click", () => {
    focused = position;
    toggle(photo.id);
  });
  tile.addEventListener("focus", () => {
    focused = position;
  });
  return tile;
};
const draw = () => {
  const hadFocus = grid.contains(document.activeElement);
  const visible = photos.slice(0, shown);
  grid.replaceChildren(...visible.map(makeTile));
  grid.setAttribute("aria-busy", String(isBusy));
  if (hadFocus) grid.children[focused]?.focus();
  const chosen = selected.size === 0 ? "" : `, ${selected.size} selected`;
  say(isBusy ? "Loading photos" : `${photoNumber(photos.length)}${nextIds === undefined ? "" : " and more"}${chosen}`);
  at("clear").hidden = selected.size === 0;
  at("similar").hidden = selected.size !== 1 || !host.serverTools;
  at("more").hidden = photos.length <= shown && nextIds === undefined;
  at("more").disabled = isBusy;
};
const focusTile = (position) => {
  if (grid.children.length === 0) return;
  focused = Math.max(0, Math.min(grid.children.length - 1, position));
  for (const [number, tile] of [...grid.children].entries()) tile.tabIndex = number === focused ? 0 : -1;
  grid.children[focused].focus();
};

// ---- One photo ----
const openPhoto = (position) => {
  opened = Math.max(0, Math.min(photos.length - 1, position));
  const photo = photos[opened];
  if (photo === undefined) return;
  drawLightbox(photo, photo.picture);
  if (!lightbox.open) lightbox.showModal();
  void enlarge(photo);
};
const drawLightbox = (photo, picture) => {
  const image = at("large");
  image.hidden = picture === undefined;
  if (picture !== undefined) image.src = picture;
  image.alt = altOf(photo);
  at("caption").textContent = altOf(photo);
  at("detail").textContent = [photo.name, photo.taken_at, photo.id].filter(Boolean).join(" · ");
  at("choose").textContent = selected.has(photo.id) ? "Deselect" : "Select";
  at("previous").disabled = opened === 0;
  at("next").disabled = opened >= Math.min(shown, photos.length) - 1;
  at("alike").hidden = !host.serverTools;
};
const enlarge = async (photo) => {
  if (!host.serverTools) return;
  try {
    const [large] = photosOf(await callTool("view_photos", { ids: [photo.id], size: 1024 })).found;
    if (large?.picture !== undefined && lightbox.open && photos[opened]?.id === photo.id) {
      drawLightbox(photo, large.picture);
    }
  } catch (error) {
    say(error.message); // the small picture stays
  }
};

// ---- Keys and buttons ----
const columns = () => getComputedStyle(grid).gridTemplateColumns.split(" ").length;
const gridKeys = {
  ArrowRight: () => focusTile(focused + 1),
  ArrowLeft: () => focusTile(focused - 1),
  ArrowDown: () => focusTile(focused + columns()),
  ArrowUp: () => focusTile(focused - columns()),
  Home: () => focusTile(0),
  End: () => focusTile(grid.children.length - 1),
  " ": () => photos[focused] && toggle(photos[focused].id),
  Enter: () => openPhoto(focused),
  m: () => photos[focused] && host.serverTools && void showSimilar(photos[focused].id),
};
const onKeys = (keys) => (event) => {
  const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.key];
  if (act === undefined) return;
  event.preventDefault();
  act();
};
grid.addEventListener("keydown", onKeys(gridKeys));
lightbox.addEventListener(
  "keydown",
  onKeys({
    ArrowRight: () => !at("next").disabled && openPhoto(opened + 1),
    ArrowLeft: () => openPhoto(opened - 1),
  }),
);
lightbox.addEventListener("close", () => focusTile(opened));
at("previous").addEventListener("click", () => openPhoto(opened - 1));
at("next").addEventListener("click", () => openPhoto(opened + 1));
at("close").addEventListener("click", () => lightbox.close());
at("alike").addEventListener("click", () => void showSimilar(photos[opened].id));
at("choose").addEventListener("click", () => {
  toggle(photos[opened].id);
  drawLightbox(photos[opened], at("large").src);
});
at("clear").addEventListener("click", () => {
  selected = new Set();
  draw();
  void tellSelection();
});
at("similar").addEventListener("click", () => void showSimilar([...selected][0]));
at("more").addEventListener("click", () => void showMore());

// ---- Start ----
const applyContext = ({ theme, styles }) => {
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  for (const [name, value] of Object.entries(styles?.variables ?? {})) {
    if (name.startsWith("--") && value) document.documentElement.style.setProperty(name, value);
  }
};
const start = async () => {
  const opening = await request("ui/initialize", {
    appInfo: { name: "photon-gallery", version: "1" },
    appCapabilities: { availableDisplayModes: ["inline", "fullscreen"] },
    protocolVersion: "2026-01-26",
  });
  host = opening.hostCapabilities ?? {};
  applyContext(opening.hostContext ?? {});
  notify("ui/notifications/initialized");
  new ResizeObserver(() => {
    const { scrollWidth: width, scrollHeight: height } = document.documentElement;
    notify("ui/notifications/size-changed", { width, height });
  }).observe(document.body);
};
void start().catch((error) => say(error.message));
