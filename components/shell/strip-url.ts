/** What the frame of every page reads, on the server and in the browser. */
export const STRIP_URL = '/api/v1/strip';
