/** A time as Go prints it by default: `2006-01-02 15:04:05 +0000 UTC`, with its fraction of a second if any. */
export function goTime(rfc3339: string): string {
  const at = new Date(rfc3339);
  if (Number.isNaN(at.getTime())) return rfc3339;
  const [date, time] = at.toISOString().slice(0, 19).split('T');
  const fraction = /\.(\d*?)0*(?:Z|[+-]\d\d:\d\d)$/i.exec(rfc3339)?.[1];
  return `${date} ${time}${fraction ? `.${fraction}` : ''} +0000 UTC`;
}
