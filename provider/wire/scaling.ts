/** `scaling` in the answer of GET `/system/function/{name}`: ours; Go's clients ignore it. */
export interface ScalingJson {
  /** Who finds the number of replicas. */
  readonly driver: 'alerts' | 'autoscaler';
  readonly min: number;
  readonly max: number;
  /** What load is counted in, what one replica is to have of it, and what all have now; with the autoscaler only. */
  readonly type?: string;
  readonly target?: number;
  readonly proportion?: number;
  readonly load?: number;
  /** Idle seconds before it goes to zero; absent where it does not. */
  readonly zeroAfterSeconds?: number;
  /** The schedule's minimum now, and when the next line begins. */
  readonly scheduled?: { readonly minimum?: number; readonly next?: string };
  /** How idle times are predicted: calls that came when the prediction had the function warm, and others. */
  readonly prediction?: {
    readonly mode: 'shadow' | 'on';
    readonly warm: number;
    readonly cold: number;
    readonly used: boolean;
  };
  /** The last decision: how many, why, and since when it is so. RFC 3339. */
  readonly decision?: { readonly replicas: number; readonly reason: string; readonly at: string };
  /** Labels that could not be read and count as absent. */
  readonly ignored?: readonly string[];
}
