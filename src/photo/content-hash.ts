/** Content hash: BLAKE3 (https://github.com/BLAKE3-team/BLAKE3-specs), 64 lower-case hex digits. */
import { blake3 } from "@napi-rs/blake-hash";

export const hashBytes = (bytes: Uint8Array): string => blake3(bytes).toString("hex");
