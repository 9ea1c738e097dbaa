# syntax=docker/dockerfile:1
# exit137 as one small image: the standalone server, the bundled programs and the migrations. Needs DATABASE_URL.
# scripts/try-image.mjs runs the same steps without Docker; change both together.

FROM node:20-bookworm-slim AS build
WORKDIR /src
# Alone first, so that an edit of the sources does not install everything again.
COPY package.json package-lock.json ./
# Prisma would download an engine that nothing here runs; any program that exists satisfies it.
RUN PRISMA_SCHEMA_ENGINE_BINARY=/usr/local/bin/node npm ci --include=dev --include=optional --no-audit --no-fund
COPY . .
RUN node scripts/build.mjs

FROM node:20-bookworm-slim
ENV NODE_ENV=production \
    NEXT_TELEMETRY_DISABLED=1 \
    HOST=0.0.0.0 \
    PORT=3137
WORKDIR /app
# Owned by root and run by another: the program cannot rewrite itself, and the file system may be read-only.
COPY --from=build /src/.next/standalone ./
COPY --from=build /src/scripts/container.mjs ./
# For what the simulated cluster remembers; a new volume takes over this owner.
RUN install -d -o node -g node /data
USER node
EXPOSE 3137
HEALTHCHECK --interval=15s --timeout=5s --start-period=40s --retries=4 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
STOPSIGNAL SIGTERM
CMD ["node", "--enable-source-maps", "container.mjs"]
