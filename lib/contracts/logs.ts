import { z } from 'zod';

/** POST /api/v1/logs. `host`: whose lines they are that name none. */
export const LogsQuery = z.object({
  host: z
    .string()
    .regex(/^[\w.:-]{1,253}$/, 'must be a host name')
    .optional(),
});
export type LogsQuery = z.infer<typeof LogsQuery>;

/**
 * POST /api/v1/diagnose. `host` as in LogsQuery; `cluster`: the one whose tasks the log is about, absent: any;
 * `store`: whether the log is kept as if it had been sent.
 */
export const DiagnoseQuery = LogsQuery.extend({
  cluster: z.string().min(1).max(63).optional(),
  store: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .default(false),
});
export type DiagnoseQuery = z.infer<typeof DiagnoseQuery>;
