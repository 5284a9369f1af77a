import { BadSchema, validate } from './validate.ts';

/**
 * Checks a JSON document against a JSON schema; the body is `{"schema": ..., "document": ...}`. 200 when it fits, 422
 * when not, with all places that do not.
 */
export default {
  async fetch(request: Request): Promise<Response> {
    let body: unknown;
    try {
      body = await request.json();
    } catch (error) {
      return new Response(`The body is no JSON: ${(error as Error).message}\n`, { status: 400 });
    }
    if (typeof body !== 'object' || body === null || !('schema' in body) || !('document' in body))
      return new Response('Send {"schema": ..., "document": ...}\n', { status: 400 });
    try {
      const errors = validate(body.schema, body.document);
      return Response.json({ valid: errors.length === 0, errors }, { status: errors.length === 0 ? 200 : 422 });
    } catch (error) {
      if (error instanceof BadSchema) return new Response(`schema: ${error.message}\n`, { status: 400 });
      throw error;
    }
  },
};
