import pino from 'pino';

import { env } from '@/lib/config/env';

/**
 * The one logger: JSON lines on stdout. Credentials never reach it: sources and errors carry URLs without
 * them, and what might still hold one by name is redacted here.
 */
export const log = pino({
  name: 'exit137',
  level: env().LOG_LEVEL,
  redact: {
    paths: [
      'authorization',
      '*.authorization',
      'password',
      '*.password',
      'token',
      '*.token',
      'headers',
      '*.headers',
    ],
    censor: '[redacted]',
  },
});
