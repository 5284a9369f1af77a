import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test, { type ExecutionContext } from 'ava';
import { Sqlite } from './sqlite.ts';

const SCHEMA = 'CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL)';

async function tempFile(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'dunlin-sqlite-'));
  t.teardown(() => rm(folder, { recursive: true }));
  return join(folder, 'state.db');
}

test('what a promise confirmed is in the file for another connection', async (t) => {
  const path = await tempFile(t);
  await using database = await Sqlite.open(path, SCHEMA);
  await database.run('INSERT INTO notes (text) VALUES (?)', 'kept');
  const other = new DatabaseSync(path, { readOnly: true });
  t.teardown(() => other.close());
  t.deepEqual(other.prepare('SELECT text FROM notes').all().map(Object.values), [['kept']]);
});

test('what is asked for in one turn is answered in order, and a query sees what came before it', async (t) => {
  await using database = await Sqlite.open(await tempFile(t), SCHEMA);
  const inserts = Array.from({ length: 100 }, (_, n) => database.run('INSERT INTO notes (text) VALUES (?)', `n${n}`));
  const [row] = await database.all('SELECT count(*) AS n FROM notes');
  t.is(row!.n, 100);
  t.true((await Promise.all(inserts)).every(({ changes }) => changes === 1));
});

test('a failing group leaves nothing and does not disturb its neighbours in the same commit', async (t) => {
  await using database = await Sqlite.open(await tempFile(t), SCHEMA);
  const good = database.run('INSERT INTO notes (id, text) VALUES (1, ?)', 'good');
  const bad = database.transact([
    ['INSERT INTO notes (id, text) VALUES (2, ?)', 'half'],
    ['INSERT INTO notes (id, text) VALUES (1, ?)', 'twice'],
  ]);
  const late = database.run('INSERT INTO notes (id, text) VALUES (3, ?)', 'late');
  await t.throwsAsync(bad, { message: /UNIQUE/ });
  await Promise.all([good, late]);
  t.deepEqual(
    (await database.all('SELECT id FROM notes ORDER BY id')).map(({ id }) => id),
    [1, 3],
  );
});

test('bytes come back as they went in', async (t) => {
  await using database = await Sqlite.open(await tempFile(t), 'CREATE TABLE blobs (value BLOB)');
  const value = Uint8Array.from([0, 255, 10, 13]);
  await database.run('INSERT INTO blobs VALUES (?)', value);
  t.deepEqual((await database.all('SELECT value FROM blobs'))[0]!.value, value);
});

test('close waits for what was asked for before it, and later calls are refused', async (t) => {
  const path = await tempFile(t);
  const database = await Sqlite.open(path, SCHEMA);
  const insert = database.run('INSERT INTO notes (text) VALUES (?)', 'last');
  await database.close();
  await database.close();
  t.is((await insert).changes, 1);
  await t.throwsAsync(database.run('SELECT 1'), { message: /closed/ });
});

test('a file that is no database is an error of open', async (t) => {
  await t.throwsAsync(Sqlite.open(import.meta.filename, SCHEMA), { message: /not a database/ });
});
