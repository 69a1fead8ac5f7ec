/** Where model files are fetched from: `<base>/<repo>/resolve/<revision>/<path>`. */
import { InvalidInputError } from "../../../src/errors.ts";

export const HUB_BASE_URL = "https://huggingface.co";

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

export const isLoopback = ({ hostname }: URL): boolean => LOOPBACK.test(hostname);

/** True when nobody between here and the server can read or change what is sent. */
export const isPrivate = (url: URL): boolean => url.protocol === "https:" || isLoopback(url);

/** @throws InvalidInputError unless it is an http or https address without query */
export const parseBaseUrl = (text: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== "" || url.hash !== "") {
    throw new InvalidInputError(`Expected an http or https address for models.base_url, received "${text}".`, {
      hint: `Leave it unset for ${HUB_BASE_URL}, or give the address of a mirror: --base-url https://mirror.example.org`,
    });
  }
  return url;
};

const below = (base: URL, path: string): URL => {
  const folder = base.pathname.endsWith("/") ? base.pathname : `${base.pathname}/`;
  const encoded = path.split("/").map(encodeURIComponent).join("/");
  return new URL(`${folder}${encoded}`, base);
};

/** @param path with forward slashes, relative to the repository */
export const fileUrl = (base: URL, repo: string, revision: string, path: string): URL =>
  below(base, `${repo}/resolve/${revision}/${path}`);

/** What a file's address is made of. */
interface FileAddress {
  readonly baseUrls: readonly URL[];
  readonly repo: string;
  readonly revision: string;
  /** Other repositories with the same files, at whatever revision. */
  readonly mirrors: readonly string[];
}

/** Every server's copy, then the copies in other repositories. */
export const fileUrls = ({ baseUrls, repo, revision, mirrors }: FileAddress, path: string): readonly URL[] => [
  ...baseUrls.map((base) => fileUrl(base, repo, revision, path)),
  ...mirrors.flatMap((mirror) => baseUrls.map((base) => fileUrl(base, mirror, "main", path))),
];

/** Description of a repository at a branch, tag or commit, with sizes and hashes of its files. */
export const repositoryUrl = (base: URL, repo: string, revision: string): URL => {
  const url = below(base, `api/models/${repo}/revision/${revision}`);
  url.searchParams.set("blobs", "true");
  return url;
};

/** As it may be shown: without user and password. */
export const shownUrl = (url: URL): string => {
  const copy = new URL(url);
  copy.username = "";
  copy.password = "";
  copy.search = "";
  return copy.href;
};
