# One image does all: `docker run caiquan [server | recorder | migrate [--wait]]`.
# The target `development` adds what compose.yaml and k8s/overlays/local need besides: the stand-in for WeChat,
# a self-signed certificate, the pages of the mini program for a browser.

# With a digest, every build begins from the same bytes: see "Images by digest" in k8s/README.md.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json ./
COPY client-sdk/package.json client-sdk/
COPY server/package.json server/

FROM packages AS tools
# The scripts fetch binaries, and Node is here already.
RUN npm ci --ignore-scripts --no-audit --no-fund

FROM packages AS dependencies
# Prisma ships its query compiler for every database, each several times: one of ten is used here.
RUN npm ci --omit=dev --omit=optional --omit=peer --ignore-scripts --no-audit --no-fund \
 && find node_modules/@prisma/client/runtime -name 'query_compiler_*' ! -name 'query_compiler_fast_bg.mysql.*' -delete \
 && find node_modules \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete \
 && rm -rf node_modules/@types node_modules/undici-types
# The decoder of pictures is an optional dependency for each platform, like much that is not needed.
COPY --from=tools /app/node_modules/@img node_modules/@img

FROM tools AS client
COPY prisma prisma
RUN node prisma/generate.mjs

FROM tools AS site
COPY tsconfig.json ./
COPY client-sdk client-sdk
COPY miniprogram miniprogram
COPY minigame minigame
COPY preview preview
COPY tools/cluster-page/report.ts tools/cluster-page/
RUN node preview/build.ts

FROM ${NODE_IMAGE} AS runtime
RUN apt-get update \
 && apt-get install -y --no-install-recommends tini \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
WORKDIR /app
ENV NODE_ENV=production
COPY --from=dependencies /app/node_modules node_modules
COPY package.json ./
COPY client-sdk/package.json client-sdk/
COPY client-sdk/src client-sdk/src
COPY prisma/archive.ts prisma/connection.ts prisma/migrate.ts prisma/partitions.ts prisma/
COPY prisma/migrations prisma/migrations
COPY --from=client /app/prisma/generated prisma/generated
COPY games games
COPY server server
# By number: Kubernetes cannot tell of a name whether it is root.
USER 1000:1000
EXPOSE 3000
# `docker build --build-arg REVISION=$(git rev-parse HEAD) --build-arg VERSION=$(node -p "require('./package.json').version") .`
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title=caiquan \
      org.opencontainers.image.description="Servers, recorders and migrations of Caiquan" \
      org.opencontainers.image.licenses=MIT \
      org.opencontainers.image.version=$VERSION \
      org.opencontainers.image.revision=$REVISION
# On a base image with an older Node, this says so in one line before Node refuses the program.
ENTRYPOINT ["tini", "--", "node", "server/main.ts"]
CMD ["server"]
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 3000}/readyz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]

FROM runtime AS development
USER 0:0
RUN apt-get update \
 && apt-get install -y --no-install-recommends openssl \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
ENV NODE_ENV=development
COPY nginx/certificate.ts nginx/
COPY tools/wechat tools/wechat
COPY --from=site /app/preview/dist preview/dist
USER 1000:1000

# The last one is what `docker build .` makes.
FROM runtime AS production
