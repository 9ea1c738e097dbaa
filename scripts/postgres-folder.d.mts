export type ServerIdentity = {
  /** What stands before the program. */
  prefix: string[];
  /** For `spawn`: as whom. */
  as: { uid?: number; gid?: number };
  own(path: string): void;
};

export function serverIdentity(root: string): ServerIdentity;
