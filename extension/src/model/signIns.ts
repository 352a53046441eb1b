import { type ForwardSnapshot } from '../sidecar/protocol.generated';
import { type Translate } from './translate';

/** One forward for each context whose user has to sign in: what is done for one is done for all of its context. */
export function pendingSignIns(forwards: readonly ForwardSnapshot[]): readonly ForwardSnapshot[] {
  const waiting = forwards.filter(({ fault }) => fault?.kind === 'signInRequired');
  return [...new Map(waiting.map((forward) => [forward.context, forward])).values()];
}

export function signInTitle({ context, alias }: ForwardSnapshot, t: Translate): string {
  return t('Sign in to {0}', context ?? alias);
}
