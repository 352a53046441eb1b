import { type ForwardSnapshot } from '../sidecar/protocol.generated';
import { httpScheme } from './address';
import { faultReason } from './faultReason';
import { rowIcons, shortLocal, stateWord } from './presentation';
import { isWanted, rowState } from './rowState';
import { signInTitle } from './signIns';
import { type Translate } from './translate';

/** One lens above a definition. Without a command it only says something. */
export interface Lens {
  readonly title: string;
  readonly command?: 'kftray.start' | 'kftray.stop' | 'kftray.openInBrowser' | 'kftray.allowKubeconfig' | 'kftray.signIn' | 'kftray.diagnose';
}

/** What can be done with a forward, and how it is: `Stop | Active :8080 | Open`. */
export function forwardLenses(snapshot: ForwardSnapshot, isCurrent: boolean, t: Translate): readonly Lens[] {
  const state = rowState(snapshot, isCurrent);
  const reason = state === 'active' ? undefined : faultReason(snapshot, t);
  const word = stateWord(state, t);
  const status = `${word.charAt(0).toUpperCase()}${word.slice(1)}${isWanted(state) ? ` ${shortLocal(snapshot, t)}` : ''}${reason === undefined ? '' : `, ${reason}`}`;
  const icon = rowIcons[state].id.replace('~spin', '');
  return [
    ...(state === 'stopped' ? [{ title: `$(play) ${t('Start')}`, command: 'kftray.start' as const }] : []),
    ...(isWanted(state) ? [{ title: `$(debug-stop) ${t('Stop')}`, command: 'kftray.stop' as const }] : []),
    ...(snapshot.fault?.kind === 'consentRequired' ? [{ title: t('Allow Kubeconfig…'), command: 'kftray.allowKubeconfig' as const }] : []),
    ...(snapshot.fault?.kind === 'signInRequired' ? [{ title: `$(key) ${signInTitle(snapshot, t)}`, command: 'kftray.signIn' as const }] : []),
    { title: `$(${icon}) ${status}` },
    ...(state === 'active' && httpScheme(snapshot) ? [{ title: `$(globe) ${t('Open')}`, command: 'kftray.openInBrowser' as const }] : []),
    ...(isWanted(state) ? [{ title: `$(pulse) ${t('Diagnose')}`, command: 'kftray.diagnose' as const }] : []),
  ];
}
