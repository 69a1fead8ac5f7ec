/** The part of heic-decode that photon uses; the package brings no types. */
declare module "heic-decode" {
  interface DecodablePicture {
    readonly width: number;
    readonly height: number;
    /** 8-bit RGBA; the transformations of the container (irot, imir, clap) are applied. */
    decode(): Promise<{
      readonly width: number;
      readonly height: number;
      readonly data: Uint8ClampedArray<ArrayBuffer>;
    }>;
  }
  type DecodablePictures = readonly DecodablePicture[] & { dispose(): void };
  const decode: { all(input: { readonly buffer: Uint8Array }): Promise<DecodablePictures> };
  export default decode;
}
