import type { GatewayClient } from '../../provider/client.ts';
import { ResponseError } from '../../provider/client-http.ts';
import type { Accepted, SecretUpload } from '../../provider/client-requests.ts';

/** Creates a secret, or gives one that is there the new value. */
export async function putSecret(
  client: GatewayClient,
  secret: SecretUpload,
  signal: AbortSignal,
): Promise<Accepted & { readonly done: 'Created' | 'Updated' }> {
  try {
    return { done: 'Created', ...(await client.createSecret(secret, signal)) };
  } catch (error) {
    if (!(error instanceof ResponseError) || error.status !== 409) throw error;
    return { done: 'Updated', ...(await client.updateSecret(secret, signal)) };
  }
}
