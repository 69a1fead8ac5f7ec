/** The page of the gallery: one file, shipped beside the code. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";

const PAGE = "tools/gallery/gallery.html";

/** `dist/` holds code only; the page lies at the root of the package. */
const packageRoot = (): URL => {
  let folder = new URL("../../", import.meta.url);
  while (!existsSync(new URL("package.json", folder))) folder = new URL("../", folder);
  return folder;
};

export const loadGallery = (): Promise<string> => readFile(new URL(PAGE, packageRoot()), "utf8");
