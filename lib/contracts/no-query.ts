import { z } from 'zod';

/** Calls that take no parameter; whatever is given is ignored. */
export const NoQuery = z.object({});
export type NoQuery = z.infer<typeof NoQuery>;
