# The image dunlin/gateway: the gateway with the sources as they are, on Node 26. `npm run build:images` makes it.
# On a Swarm it needs the engine's socket, and the functions' network: see deploy/swarm/docker-compose.yml.
ARG NODE_IMAGE=node:26-bookworm-slim

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /dunlin
COPY package.json package-lock.json ./
# No optional ones: Node is the image's, and functions bring their own watchdog.
RUN npm ci --omit=dev --omit=optional --no-audit --no-fund

FROM ${NODE_IMAGE}
WORKDIR /dunlin
COPY --from=dependencies /dunlin/node_modules node_modules/
COPY . .
ENV dunlin_host=0.0.0.0 dunlin_data=/var/lib/dunlin dunlin_provider=swarm
EXPOSE 8080 8082
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8082/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Flags are the command; tools/node starts Node as `npm start` does.
ENTRYPOINT ["sh", "/dunlin/tools/node", "/dunlin/gateway/main.ts"]
