/** The page of the gallery as it is served: one file that loads nothing. Its parts are shipped beside the code. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";

const FOLDER = "tools/gallery/";

/** `dist/` holds code only; the parts of the page lie at the root of the package. */
const packageRoot = (): URL => {
  let folder = new URL("../../", import.meta.url);
  while (!existsSync(new URL("package.json", folder))) folder = new URL("../", folder);
  return folder;
};

export const loadGallery = async (): Promise<string> => {
  const folder = new URL(FOLDER, packageRoot());
  const [page = "", style = "", script = ""] = await Promise.all(
    ["page.html", "page.css", "page.js"].map((name) => readFile(new URL(name, folder), "utf8")),
  );
  return page
    .replace("<style></style>", () => `<style>\n${style}</style>`)
    .replace("<script></script>", () => `<script>\n${script}</script>`);
};
