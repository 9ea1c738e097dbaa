/** Of package.json, which a built server does not have beside it; a test holds the two together. */
export const VERSION = '0.1.0';
