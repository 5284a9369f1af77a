import { Worker } from 'node:worker_threads';
import type { SqliteBatch, SqliteReply } from './sqlite-worker.ts';

export type SqliteValue = null | number | bigint | string | Uint8Array;
export type SqliteRow = Readonly<Record<string, SqliteValue>>;
/** One statement with its positional parameters. */
export type Statement = readonly [sql: string, ...parameters: SqliteValue[]];

/** What one statement gave: the rows of a query, the number of rows that a change touched. */
export interface StatementResult {
  readonly rows: readonly SqliteRow[];
  readonly changes: number;
}

interface Pending {
  readonly statements: readonly Statement[];
  readonly resolve: (results: readonly StatementResult[]) => void;
  readonly reject: (reason: Error) => void;
}

/**
 * One SQLite file, owned by a worker thread, so that no fsync blocks the caller's loop.
 *
 * Group commit: what is asked for while a commit is under way goes into the next transaction together, in the order
 * it was asked for. A promise resolves only when its transaction is on the disk (`synchronous=FULL`), so what a
 * caller was told survives a power cut.
 */
export class Sqlite {
  readonly #worker: Worker;
  #waiting: Pending[] = [];
  #running: Pending[] = [];
  #scheduled = false;
  #failure: Error | undefined;
  #closed: Promise<void> | undefined;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (reply: SqliteReply) => this.#settle(reply));
    worker.on('error', (error) => this.#fail(error as Error));
    worker.on('exit', () => this.#fail(new Error('The SQLite worker has ended')));
  }

  /**
   * Opens or makes the file and runs `schema` (idempotent statements, `;` between them).
   *
   * @throws Error when the file cannot be opened or is no database
   */
  static async open(path: string, schema: string): Promise<Sqlite> {
    const worker = new Worker(new URL('./sqlite-worker.ts', import.meta.url), { workerData: { path, schema } });
    const opened = Promise.withResolvers<void>();
    const fail = (cause: unknown) => opened.reject(new Error(`${path}: ${(cause as Error).message}`, { cause }));
    worker.once('message', () => opened.resolve()).once('error', fail);
    await opened.promise;
    worker.off('error', fail);
    return new Sqlite(worker);
  }

  /** Runs one statement. @throws Error of SQLite; nothing of the statement is kept */
  async run(sql: string, ...parameters: SqliteValue[]): Promise<StatementResult> {
    const [result] = await this.transact([[sql, ...parameters]]);
    return result!;
  }

  /** The rows of a query; sees what was asked for before it. */
  async all(sql: string, ...parameters: SqliteValue[]): Promise<readonly SqliteRow[]> {
    return (await this.run(sql, ...parameters)).rows;
  }

  /** Runs the statements wholly or not at all. @throws Error of the first that failed */
  transact(statements: readonly Statement[]): Promise<readonly StatementResult[]> {
    if (this.#closed) return Promise.reject(new Error('The database is closed'));
    if (this.#failure) return Promise.reject(this.#failure);
    const { promise, resolve, reject } = Promise.withResolvers<readonly StatementResult[]>();
    this.#waiting.push({ statements, resolve, reject });
    this.#schedule();
    return promise;
  }

  /** Ends once everything asked for before is committed. Idempotent. */
  close(): Promise<void> {
    return (this.#closed ??= this.#end());
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #end(): Promise<void> {
    if (this.#failure) return;
    const exited = new Promise((resolve) => this.#worker.once('exit', resolve));
    this.#flush();
    this.#worker.postMessage('close');
    await exited;
  }

  /** What one turn of the loop asks for travels in one message. */
  #schedule(): void {
    if (this.#scheduled || this.#running.length > 0) return;
    this.#scheduled = true;
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    if (this.#waiting.length === 0) return;
    const batch: SqliteBatch = this.#waiting.map(({ statements }) => statements);
    // On close a batch may still be under way; the worker answers them in order.
    this.#running.push(...this.#waiting);
    this.#waiting = [];
    this.#worker.postMessage(batch);
  }

  #settle(reply: SqliteReply): void {
    const settled = this.#running.splice(0, reply.length);
    for (const [index, { resolve, reject }] of settled.entries()) {
      const outcome = reply[index]!;
      if ('error' in outcome) reject(outcome.error);
      else resolve(outcome.results);
    }
    if (this.#waiting.length > 0) this.#schedule();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of [...this.#running, ...this.#waiting]) reject(this.#failure);
    this.#running = [];
    this.#waiting = [];
  }
}
