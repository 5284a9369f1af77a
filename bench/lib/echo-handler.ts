// The handler that module mode is measured with.
export default function echo(event: { readonly rawBody: Uint8Array }): string {
  return event.rawBody.toString();
}
