/** What the status page reads, on the server and in the browser. */
export const STATUS_URL = '/api/v1/status';
