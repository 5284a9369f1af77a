import os from 'node:os';
import { report, table } from './report.js';

/** Tells about the machine and its Node: as a table, or everything as JSON for `verbose` in the body or the query. */
export default async function handle(event, context) {
  const verbose = 'verbose' in event.query || String(event.body).trim() === 'verbose';
  return context.succeed(verbose ? report(os, process) : table(report(os, process)));
}
