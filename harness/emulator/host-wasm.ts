/** What is used of the host's WebAssembly (its types belong to the DOM library, which is not loaded here). */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}
export interface WasmInstance {
  readonly exports: Readonly<Record<string, unknown>>;
}
export interface WasmTable {
  set(index: number, value: unknown): void;
}
type Imports = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
interface Host {
  readonly Memory: new (limits: { readonly initial: number; readonly maximum: number }) => WasmMemory;
  readonly Table: new (limits: { readonly element: 'anyfunc'; readonly initial: number }) => WasmTable;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: Imports) => WasmInstance;
}

/** Undefined where the host runs without it (node --jitless): then nothing is translated. */
export const host = (globalThis as unknown as { readonly WebAssembly?: Host }).WebAssembly;
