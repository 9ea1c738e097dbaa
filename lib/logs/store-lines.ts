/** Lines of one way in, in the order they came. */
export type LineBatch = {
  /** `http`, `syslog`, `file:…`, `pasted`: blocks of lines go on from batch to batch of one input. */
  input: string;
  lines: readonly string[];
  receivedAt: Date;
  /** Of lines that name no host; null: not known. */
  defaultHost: string | null;
  /** Who sent them. */
  peerAddress?: string;
  /** Up to where the input is read with these lines; stored with them or not at all. */
  position?: unknown;
  /** Lines that were refused before, to be counted with these. */
  refused?: number;
};

/** What became of them: accepted + rejected + duplicates = lines. */
export type StoredLines = {
  accepted: number;
  rejected: number;
  duplicates: number;
  signals: number;
  /** `line`: 1 is the batch's first. */
  rejects: { line: number; why: string }[];
};

/** Stores a batch as a whole or, when it rejects, nothing of it. */
export type StoreLines = (batch: LineBatch) => Promise<StoredLines>;
