import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import type { SqliteRow, Statement, StatementResult } from './sqlite.ts';

/** Groups of statements, each whole or not at all, all in one transaction. */
export type SqliteBatch = readonly (readonly Statement[])[];
export type SqliteReply = readonly ({ readonly results: readonly StatementResult[] } | { readonly error: Error })[];

const { path, schema } = workerData as { path: string; schema: string };
const database = new DatabaseSync(path);
// WAL with FULL: one fsync a commit. A writer elsewhere is a mistake, so there is no long busy timeout.
database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 2000;');
database.exec(schema);
const prepared = new Map<string, StatementSync>();

const port = parentPort!;
port.on('message', (message: SqliteBatch | 'close') => {
  if (message === 'close') {
    database.close();
    port.close();
  } else port.postMessage(commit(message));
});
port.postMessage('open');

function commit(batch: SqliteBatch): SqliteReply {
  try {
    database.exec('BEGIN IMMEDIATE');
    const reply = batch.map(runGroup);
    database.exec('COMMIT');
    return reply;
  } catch (error) {
    // The disk is full, say: nobody may believe that anything was kept.
    if (database.isTransaction) database.exec('ROLLBACK');
    return batch.map(() => ({ error: error as Error }));
  }
}

function runGroup(statements: readonly Statement[]): SqliteReply[number] {
  database.exec('SAVEPOINT one_group');
  try {
    const results = statements.map(([sql, ...parameters]) => runStatement(sql, parameters));
    database.exec('RELEASE one_group');
    return { results };
  } catch (error) {
    // Some errors end the whole transaction; then there is no savepoint to go back to, and the commit fails for all.
    if (!database.isTransaction) throw error;
    database.exec('ROLLBACK TO one_group; RELEASE one_group');
    return { error: error as Error };
  }
}

function runStatement(sql: string, parameters: SQLInputValue[]): StatementResult {
  let statement = prepared.get(sql);
  if (!statement) prepared.set(sql, (statement = database.prepare(sql)));
  if (statement.columns().length > 0) return { rows: statement.all(...parameters) as SqliteRow[], changes: 0 };
  return { rows: [], changes: Number(statement.run(...parameters).changes) };
}
