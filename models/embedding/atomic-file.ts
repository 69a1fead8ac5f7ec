import { randomUUID } from "node:crypto";
import { open, rename } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Written beside its place, synced, then renamed: a reader sees the old file or the new one, never a part. */
export const writeFileAtomically = async (path: string, content: string | Uint8Array): Promise<void> => {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
  {
    await using file = await open(temporary, "wx");
    await file.writeFile(content);
    await file.sync();
  }
  await rename(temporary, path);
};
