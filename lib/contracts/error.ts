import { z } from 'zod';

/** The one body of every failed API call. */
export const ErrorBody = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    cure: z.string(),
    details: z.record(z.string(), z.unknown()),
    requestId: z.string(),
  }),
});
export type ErrorBody = z.infer<typeof ErrorBody>;
