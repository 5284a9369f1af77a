export default {
  async fetch(request) {
    const { pathname, search } = new URL(request.url);
    return new Response(request.body, { headers: { 'X-Seen': `${request.method} ${pathname}${search}` } });
  },
};
