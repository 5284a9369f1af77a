export const storeFlags = {
  url: {
    type: 'string',
    short: 'u',
    value: 'url',
    doc: 'functions.json, as a URL or a file (default: the store of faas-cli, or $OPENFAAS_STORE)',
  },
  platform: { type: 'string', short: 'p', doc: 'Platform of the images (default: that of this machine)' },
} as const;
