/** Certificates nobody trusts, made by openssl. */
import { execFileSync, spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

export interface Certificate {
  /** PEM. */
  readonly key: string;
  readonly cert: string;
  /** Path of the certificate. */
  readonly certPath: string;
}

export const hasOpenssl = (): boolean => spawnSync("openssl", ["version"], { stdio: "ignore" }).status === 0;

/** For 127.0.0.1 and localhost, signed by itself. @param folder where its files go */
export const createCertificate = async (folder: string): Promise<Certificate> => {
  const [keyPath, certPath] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  execFileSync("openssl", [...request, ...names, "-keyout", keyPath, "-out", certPath], { stdio: "ignore" });
  return { key: await readFile(keyPath, "utf8"), cert: await readFile(certPath, "utf8"), certPath };
};
