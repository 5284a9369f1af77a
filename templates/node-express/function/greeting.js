/** Greets whoever the body names. */
export function greeting(body) {
  return `Hello, ${body?.trim() || 'world'}!\n`;
}
