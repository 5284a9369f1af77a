/** The proxy of this environment as build arguments (contract 5.6); programs read its variables in either case. */
export function proxies(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const names = ['http_proxy', 'https_proxy', 'no_proxy'];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = env[name] || env[name.toUpperCase()];
      return value ? [[name, value]] : [];
    }),
  );
}
