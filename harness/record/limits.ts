/** Bounds that the writer keeps and the reader relies on: a record stays readable whatever a board prints. */
export const recordLimits = {
  /** Bytes of one line of the file. */
  lineBytes: 4 * 1024 * 1024,
  /** Bytes of the whole file. */
  fileBytes: 512 * 1024 * 1024,
  /** Console lines kept per test; the first and the last are, with a note in between. */
  consoleLines: 2000,
  /** Characters of one console line. */
  consoleLineLength: 1000,
  /** Characters of one message of a failure, of a step, of a tool's argument. */
  messageLength: 20_000,
  /** Lines of one fault report. */
  reportLines: 500,
  /** Characters of the JSON document of one fault. */
  explanationLength: 256 * 1024,
  /** Bytes of one attachment. */
  attachmentBytes: 64 * 1024 * 1024,
} as const;
