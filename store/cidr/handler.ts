import { BadNetwork, parseNetwork } from './network.ts';

/** Tells about an IP network such as `10.1.2.3/20`; with `?contains=ADDRESS` whether that is in it. */
export default {
  async fetch(request: Request): Promise<Response> {
    const contains = new URL(request.url).searchParams.get('contains');
    try {
      const network = parseNetwork((await request.text()).trim());
      if (contains !== null) return Response.json({ network: network.text, contains: network.contains(contains) });
      const { text, version, first, last, mask, addresses } = network;
      return Response.json({ network: text, version, first, last, mask, addresses });
    } catch (error) {
      if (error instanceof BadNetwork) return new Response(`${error.message}\n`, { status: 400 });
      throw error;
    }
  },
};
