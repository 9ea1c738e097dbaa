/**
 * Next calls this once per server process, before the first request. Only here the collector is started;
 * ROLE=web serves pages alone, ROLE=poller runs dist/poller.mjs without a server.
 */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME === 'nodejs') {
    const { env } = await import('@/lib/config/env');
    if (env().ROLE !== 'all') return;
    if (env().MESOS_MASTER_URLS.length === 0) {
      const { log } = await import('@/lib/log');
      log.warn('no Mesos master is configured: nothing is collected until MESOS_MASTER_URLS is set');
      return;
    }
    const { startCollectorWithServer } = await import('@/lib/poller/start');
    startCollectorWithServer();
  }
}
