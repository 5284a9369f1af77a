/** Greets whoever the body names: `echo Ada | faas-cli invoke NAME`. */
export default async function handle(event, context) {
  const name = typeof event.body === 'string' ? event.body.trim() : event.body.name;
  return context.status(200).succeed(`Hello, ${name || 'world'}!\n`);
}
