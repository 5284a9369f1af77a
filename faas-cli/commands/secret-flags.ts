import { gatewayFlags, namespaceFlags } from './flag-sets.ts';

export const secretFlags = { ...gatewayFlags, ...namespaceFlags } as const;

export const secretValueFlags = {
  'from-literal': { type: 'string', value: 'text', doc: 'Value; others can see it in the list of processes' },
  'from-file': { type: 'string', value: 'file', doc: 'File that holds the value' },
  trim: { type: 'boolean', default: true, doc: 'Remove white space around the value' },
} as const;
