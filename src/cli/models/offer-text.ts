/** What a person reads before a download, and what helps when it cannot be had. */
import type { DownloadOffer, OfferedFile } from "../../app/model-api.ts";
import { formatBytes, formatPlural, formatTable } from "../terminal.ts";

const sizeText = ({ totalBytes, remainingBytes }: DownloadOffer): string => {
  const total = formatBytes(totalBytes);
  return remainingBytes < totalBytes ? `${total}, ${formatBytes(remainingBytes)} still to come` : total;
};

export const offerText = (offer: DownloadOffer): string =>
  formatTable([
    ["Model", `${offer.id} (${offer.variant})${offer.addedByUser ? ", added by you" : ""}`],
    ["Size", `${sizeText(offer)}, ${formatPlural(offer.files.length, "file")}`],
    ["Licence", `${offer.licence}, weights of ${offer.source}`],
    ["From", `${offer.from.join(", then ")}: ${offer.repo} at ${offer.revision.slice(0, 8)}`],
    ["To", offer.directory],
    [
      "Checked",
      offer.pinned
        ? "against hashes that come with photon"
        : "against what the server says today; the hashes are stored and binding from then on",
    ],
  ]);

const hashText = ({ sha256, blake3 }: OfferedFile): string => {
  if (sha256 !== undefined) return `sha256 ${sha256}`;
  return blake3 === undefined ? "no hash known" : `blake3 ${blake3}`;
};

/** Name, bytes, hash, address. */
const fileLine = (file: OfferedFile): string =>
  [
    file.path,
    file.bytes === undefined ? "size unknown" : `${file.bytes} bytes`,
    hashText(file),
    file.urls[0] ?? "",
  ].join("  ");

export const fileLines = (files: readonly OfferedFile[]): readonly string[] => files.map(fileLine);

interface FailedDownload {
  /** What may be fetched elsewhere; empty when photon does not know or cannot take them from a folder. */
  readonly files: readonly OfferedFile[];
  /** The servers of `--base-url`. */
  readonly baseUrls: readonly string[];
}

/**
 * What to do about a download that failed.
 * @param command as it was typed, without where the files come from
 */
export const waysOut = (command: string, { files, baseUrls }: FailedDownload): readonly string[] => {
  const again = [command, ...baseUrls.map((url) => `--base-url ${url}`)].join(" ");
  const ways = [
    [`Try again later; it continues where it stopped:  ${again}`],
    ...(files.length === 0
      ? []
      : [
          [
            `Fetch the files on another computer, put them into one folder, and run:  ${command} --from FOLDER`,
            ...fileLines(files).map((line) => `     ${line}`),
          ],
        ]),
    [`Use a mirror:  ${command} --base-url https://mirror.example.org`],
  ];
  return [
    "photon goes on with the model in use; what arrived so far is kept. Ways out:",
    ...ways.flatMap(([first = "", ...rest], index) => [`  ${index + 1}. ${first}`, ...rest]),
  ];
};
