import { join } from 'node:path';
import test from 'ava';
import Docker from 'dockerode';
import type { FaasError } from '../../common/errors.ts';
import { root } from '../testing/project.ts';
import { ALPINE_WATCHDOG_IMAGE, buildWatchdogImage, WATCHDOG_IMAGE, watchdogWarning } from './watchdog-image.ts';

const dockerfile = (watchdog: string, base: string) => `ARG WATCHDOG=${watchdog}
FROM \${WATCHDOG} AS watchdog
FROM golang:1-alpine AS build
FROM ${base}
COPY --from=watchdog /fwatchdog /usr/bin/fwatchdog
`;

for (const base of ['alpine', 'alpine:3.22', 'python:3-alpine3.22', 'registry.example/team/alpine-base:1'])
  test(`the watchdog for glibc in ${base} is warned of, with the image and the package to take`, (t) => {
    const warning = watchdogWarning('hello', dockerfile(WATCHDOG_IMAGE, base), {})!;
    t.true(warning.includes('function hello') && warning.includes(`in ${base},`), warning);
    t.true(warning.includes('dunlin/watchdog:alpine') && warning.includes('apk add --no-cache libstdc++'), warning);
  });

test('what starts, or may start, is not warned of', (t) => {
  t.is(watchdogWarning('hello', dockerfile(WATCHDOG_IMAGE, 'debian:bookworm-slim'), {}), undefined);
  t.is(watchdogWarning('hello', dockerfile(ALPINE_WATCHDOG_IMAGE, 'alpine:3.22'), {}), undefined);
  t.is(watchdogWarning('hello', dockerfile(WATCHDOG_IMAGE, 'alpine'), { WATCHDOG: 'team/watchdog:1' }), undefined);
});

test('a watchdog that was not built names the command that builds it', async (t) => {
  const engine = { docker: new Docker(), address: '/var/run/docker.sock', arch: 'amd64', experimental: false };
  const place = {
    assets: () => root,
    watchdog: join(root, 'nowhere/fwatchdog-linux-x64'),
    signal: new AbortController().signal,
  };
  const missing = async (image: string) => (await t.throwsAsync(buildWatchdogImage(engine, place, image)))!;
  const plain = (await missing(WATCHDOG_IMAGE)) as FaasError;
  t.is(plain.code, 'not_found');
  t.regex(plain.message, /\/fwatchdog-linux-x64, from .* is missing; run "npm run build" in the checkout/);
  const alpine = (await missing(ALPINE_WATCHDOG_IMAGE)).message;
  t.regex(alpine, /^the image dunlin\/watchdog:alpine .*\/fwatchdog-linux-x64-musl, from .*"npm run build -- --musl"/);
});
