/** What one look found. */
export interface Finding {
  readonly check: string;
  readonly state: 'ok' | 'warning' | 'problem';
  /** What was seen. */
  readonly detail: string;
  /** What to do, where there is something to do. */
  readonly remedy?: string;
}

export const ok = (check: string, detail: string): Finding => ({ check, state: 'ok', detail });
export const warning = (check: string, detail: string, remedy: string): Finding => ({
  check,
  state: 'warning',
  detail,
  remedy,
});
export const problem = (check: string, detail: string, remedy: string): Finding => ({
  check,
  state: 'problem',
  detail,
  remedy,
});
