import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import test from 'ava';
import { describe, parseAddress, readPem } from './certificate.ts';
import handler from './handler.ts';

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
const withCertificate = hasOpenssl ? test : test.skip;
/** A self-signed certificate of `localhost`, made for this test. */
const { key, cert } = hasOpenssl ? makeCertificate() : { key: '', cert: '' };

function makeCertificate() {
  const folder = mkdtempSync(join(tmpdir(), 'dunlin-certinfo-'));
  try {
    const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost/O=Dunlin', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'];
    const files = ['-keyout', keyFile, '-out', certFile];
    execFileSync('openssl', ['req', '-x509', ...kind, ...subject, ...files], { stdio: 'ignore' });
    return { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(certFile, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const call = (body: string) => handler.fetch(new Request('http://function/', { method: 'POST', body }));
const isExpected = {
  subject: 'CN=localhost, O=Dunlin',
  names: ['localhost', '127.0.0.1'],
  selfSigned: true,
  state: 'valid',
  daysLeft: 29,
  key: 'ec',
};

withCertificate('tells about the certificate that a server shows, trusted or not', async (t) => {
  const server = createServer({ key, cert }).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const answer = await call(`localhost:${(server.address() as AddressInfo).port}\n`);
  t.is(answer.status, 200);
  const [first, ...others] = (await answer.json()) as object[];
  t.like(first, isExpected);
  t.deepEqual(others, []);
});

withCertificate('tells about all certificates of a PEM', async (t) => {
  const described = (await (await call(`${key}${cert}${cert}`)).json()) as object[];
  t.is(described.length, 2);
  t.like(described[1], isExpected);
});

withCertificate('a certificate is not yet valid before its time and expired after it', (t) => {
  const [certificate] = readPem(cert);
  t.like(describe(certificate!, new Date('2020-01-01')), { state: 'not yet valid' });
  t.like(describe(certificate!, new Date('2120-01-01')), { state: 'expired' });
});

test('addresses come in several shapes', (t) => {
  t.deepEqual(parseAddress('example.org'), { host: 'example.org', port: 443 });
  t.deepEqual(parseAddress('https://example.org:8443/path'), { host: 'example.org', port: 8443 });
  t.deepEqual(parseAddress('[::1]:5'), { host: '::1', port: 5 });
});

test('a server that is no TLS server is a 400 that says so', async (t) => {
  const server = createTcpServer((socket) => socket.end('hello')).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const answer = await call(`127.0.0.1:${(server.address() as AddressInfo).port}`);
  t.is(answer.status, 400);
  t.regex(await answer.text(), /^127\.0\.0\.1:\d+ shows no certificate: /);
});

for (const body of [
  '',
  'not a name',
  'http://',
  '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----',
  '-----BEGIN PRIVATE KEY-----',
])
  test(`${JSON.stringify(body.slice(0, 30))} is refused`, async (t) => {
    t.is((await call(body)).status, 400);
  });
