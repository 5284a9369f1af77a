import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { root } from '../testing/project.ts';
import { baseImages, finalBase } from './base-images.ts';

test('base images are those of FROM and COPY --from, with arguments put in, without stages and scratch', (t) => {
  const dockerfile = `# FROM comment:1
ARG WATCHDOG=dunlin/watchdog:latest
ARG NODE="node:26" OTHER
from \${WATCHDOG} AS watchdog
FROM --platform=$BUILDPLATFORM $NODE as Build
FROM \${OTHER:-debian:12} \\
  AS last
ARG NODE=ignored:1
COPY --from=build /a /a
COPY --from=0 /b /b
COPY --chown=1 --from=nginx:1 /c /c
FROM scratch
`;
  t.deepEqual(baseImages(dockerfile, {}), ['dunlin/watchdog:latest', 'node:26', 'debian:12', 'nginx:1']);
  t.deepEqual(baseImages(dockerfile, { NODE: 'node:22', OTHER: 'alpine:3' }), [
    'dunlin/watchdog:latest',
    'node:22',
    'alpine:3',
    'nginx:1',
  ]);
});

test('the last base image is that of the last stage, by way of other stages', (t) => {
  const dockerfile = `ARG NODE=node:26-alpine
FROM dunlin/watchdog:alpine AS watchdog
FROM golang:1-bookworm AS build
FROM --platform=linux/amd64 \${NODE} As Base
RUN apk add --no-cache libstdc++
from base AS last
COPY --from=watchdog /fwatchdog /usr/bin/fwatchdog
`;
  t.is(finalBase(dockerfile, {}), 'node:26-alpine');
  t.is(finalBase(dockerfile, { NODE: 'node:26-slim' }), 'node:26-slim');
  t.is(finalBase('RUN true', {}), undefined);
});

test('the template typescript starts from the watchdog and two more', async (t) => {
  const dockerfile = await readFile(join(root, 'templates/typescript/Dockerfile'), 'utf8');
  t.deepEqual(baseImages(dockerfile, {}), ['dunlin/watchdog:latest', 'node:26-bookworm-slim', 'debian:bookworm-slim']);
  t.is(baseImages(dockerfile, { WATCHDOG: 'r.example/w:1' })[0], 'r.example/w:1');
});
