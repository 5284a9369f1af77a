// A handler of module mode that answers with what is hard to answer with, chosen by the path.
const made = new Response('made once');

const routes = {
  '/bad-header': (context) => context.headers({ 'X-Bad': 'one\r\nX-Other: two' }).succeed('text'),
  '/no-text': () => {
    throw Object.create(null);
  },
  '/no-stack': () => {
    const error = new Error('odd');
    error.stack = ['of', 'objects'];
    throw error;
  },
  '/made-once': () => made,
  '/fetched': () => fetch(process.env.FETCHED),
  '/broken-at-once': () =>
    new ReadableStream({ pull: (controller) => controller.error(new Error('the first piece failed')) }),
  '/late-stream': async function* (context) {
    await new Promise((resolve) => context.signal.addEventListener('abort', resolve));
    console.log('the stream goes on');
    yield 'too late';
  },
  '/fine': () => 'fine',
};

export default (event, context) => routes[event.path](context);
