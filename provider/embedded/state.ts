import { chmodSync, closeSync, openSync } from 'node:fs';
import { Sqlite, type SqliteRow } from '../../common/sqlite/sqlite.ts';
import type { BundleRef, FunctionRef, FunctionSpec, NamespaceInfo, Secret } from '../provider.ts';

const SCHEMA = `
CREATE TABLE IF NOT EXISTS functions (
  namespace TEXT NOT NULL, name TEXT NOT NULL, spec TEXT NOT NULL, digest TEXT NOT NULL, revision INTEGER NOT NULL,
  replicas INTEGER NOT NULL, created_at INTEGER NOT NULL, uid INTEGER, PRIMARY KEY (namespace, name)) STRICT;
CREATE TABLE IF NOT EXISTS replicas (
  id TEXT PRIMARY KEY, namespace TEXT NOT NULL, name TEXT NOT NULL, revision INTEGER NOT NULL, digest TEXT NOT NULL,
  pid INTEGER NOT NULL, start_time TEXT NOT NULL, memory_bytes INTEGER) STRICT;
CREATE TABLE IF NOT EXISTS secrets (
  namespace TEXT NOT NULL, name TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (namespace, name)) STRICT;
CREATE TABLE IF NOT EXISTS namespaces (
  name TEXT PRIMARY KEY, labels TEXT NOT NULL, annotations TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS bundle_tags (image TEXT PRIMARY KEY, digest TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
`;

/** A function as it is recorded. */
export interface FunctionRecord {
  readonly spec: FunctionSpec;
  /** The bundle it was deployed with, whatever its image names now. */
  readonly digest: string;
  /** Grows with each change of spec or bundle. */
  readonly revision: number;
  /** Desired. */
  readonly replicas: number;
  readonly createdAt: Date;
  /** Its own user and group, where functions have one. */
  readonly uid?: number;
}

/** A replica as it is recorded, for the next gateway to find. */
export interface ReplicaRecord extends FunctionRef {
  readonly id: string;
  readonly revision: number;
  readonly digest: string;
  readonly pid: number;
  readonly startTime: string;
  /** The memory limit it was started with. */
  readonly memoryBytes?: number;
}

/** What the engine keeps in SQLite. The file is its owner's only, for secrets are in it. */
export class State {
  readonly #database: Sqlite;

  private constructor(database: Sqlite) {
    this.#database = database;
  }

  static async open(path: string): Promise<State> {
    // Made before SQLite makes it, which then gives the same mode to the files beside it.
    closeSync(openSync(path, 'a', 0o600));
    chmodSync(path, 0o600);
    return new State(await Sqlite.open(path, SCHEMA));
  }

  async functions(): Promise<FunctionRecord[]> {
    return (await this.#database.all('SELECT * FROM functions ORDER BY namespace, name')).map(functionOf);
  }
  async putFunction({ spec, digest, revision, replicas, createdAt, uid }: FunctionRecord): Promise<void> {
    await this.#database.run(
      'INSERT OR REPLACE INTO functions VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      ...[
        spec.namespace,
        spec.name,
        JSON.stringify(spec),
        digest,
        revision,
        replicas,
        createdAt.getTime(),
        uid ?? null,
      ],
    );
  }
  async setReplicas({ namespace, name }: FunctionRef, replicas: number): Promise<void> {
    const sql = 'UPDATE functions SET replicas = ? WHERE namespace = ? AND name = ?';
    await this.#database.run(sql, replicas, namespace, name);
  }
  async removeFunction({ namespace, name }: FunctionRef): Promise<void> {
    await this.#database.run('DELETE FROM functions WHERE namespace = ? AND name = ?', namespace, name);
  }

  async replicas(): Promise<ReplicaRecord[]> {
    return (await this.#database.all('SELECT * FROM replicas')).map(replicaOf);
  }
  async putReplica(replica: ReplicaRecord): Promise<void> {
    const { id, namespace, name, revision, digest, pid, startTime, memoryBytes } = replica;
    const sql = 'INSERT INTO replicas VALUES (?, ?, ?, ?, ?, ?, ?, ?)';
    await this.#database.run(sql, id, namespace, name, revision, digest, pid, startTime, memoryBytes ?? null);
  }
  async removeReplica(id: string): Promise<void> {
    await this.#database.run('DELETE FROM replicas WHERE id = ?', id);
  }

  async secretNames(): Promise<FunctionRef[]> {
    return (await this.#database.all('SELECT namespace, name FROM secrets ORDER BY namespace, name')).map(refOf);
  }
  async secretValue({ namespace, name }: FunctionRef): Promise<Uint8Array | undefined> {
    const sql = 'SELECT value FROM secrets WHERE namespace = ? AND name = ?';
    return (await this.#database.all(sql, namespace, name))[0]?.value as Uint8Array | undefined;
  }
  async putSecret({ namespace, name, value }: Secret): Promise<void> {
    await this.#database.run('INSERT OR REPLACE INTO secrets VALUES (?, ?, ?)', namespace, name, value);
  }
  async removeSecret({ namespace, name }: FunctionRef): Promise<void> {
    await this.#database.run('DELETE FROM secrets WHERE namespace = ? AND name = ?', namespace, name);
  }

  async namespaces(): Promise<NamespaceInfo[]> {
    return (await this.#database.all('SELECT * FROM namespaces')).map(namespaceOf);
  }
  async putNamespace({ name, labels, annotations }: NamespaceInfo): Promise<void> {
    const sql = 'INSERT OR REPLACE INTO namespaces VALUES (?, ?, ?)';
    await this.#database.run(sql, name, JSON.stringify(labels), JSON.stringify(annotations));
  }
  /** With the secrets in it. */
  async removeNamespace(name: string): Promise<void> {
    await this.#database.transact([
      ['DELETE FROM namespaces WHERE name = ?', name],
      ['DELETE FROM secrets WHERE namespace = ?', name],
    ]);
  }

  async bundleTags(): Promise<BundleRef[]> {
    return (await this.#database.all('SELECT * FROM bundle_tags')) as unknown as BundleRef[];
  }
  async putBundleTag({ image, digest }: BundleRef): Promise<void> {
    await this.#database.run('INSERT OR REPLACE INTO bundle_tags VALUES (?, ?)', image, digest);
  }

  /** A number that was never given before, also not before a restart; starts at `first`. */
  async nextNumber(counter: string, first: number): Promise<number> {
    const [row] = await this.#database.all(
      'INSERT INTO counters VALUES (?, ?) ON CONFLICT DO UPDATE SET value = value + 1 RETURNING value',
      counter,
      first,
    );
    return Number(row!.value);
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}

const refOf = (row: SqliteRow): FunctionRef => ({ namespace: String(row.namespace), name: String(row.name) });

function functionOf(row: SqliteRow): FunctionRecord {
  return {
    spec: JSON.parse(String(row.spec)) as FunctionSpec,
    digest: String(row.digest),
    revision: Number(row.revision),
    replicas: Number(row.replicas),
    createdAt: new Date(Number(row.created_at)),
    ...(row.uid !== null && { uid: Number(row.uid) }),
  };
}

function replicaOf(row: SqliteRow): ReplicaRecord {
  return {
    ...refOf(row),
    id: String(row.id),
    revision: Number(row.revision),
    digest: String(row.digest),
    pid: Number(row.pid),
    startTime: String(row.start_time),
    ...(row.memory_bytes !== null && { memoryBytes: Number(row.memory_bytes) }),
  };
}

function namespaceOf(row: SqliteRow): NamespaceInfo {
  return {
    name: String(row.name),
    labels: JSON.parse(String(row.labels)) as Record<string, string>,
    annotations: JSON.parse(String(row.annotations)) as Record<string, string>,
  };
}
