/** What the starter hands to the board's process, as one JSON argument. */
export interface ProcessOptions {
  readonly name: string;
  readonly kit: string;
  readonly keepFlash?: string;
  readonly comPort?: string;
  /** The board ends itself when this process is gone. */
  readonly owner?: { readonly pid: number; readonly birth?: string };
}
